//go:build unix

package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

// child is a diarizer in a process of its own, in a directory with a minute of speech.
type child struct {
	*exec.Cmd
	dir    string
	out    *shout
	stderr *shout
}

func startChild(t *testing.T, setup func(*exec.Cmd), args ...string) *child {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // ends a test that hangs
	t.Cleanup(cancel)
	c := &child{Cmd: exec.CommandContext(ctx, os.Args[0], args...), dir: t.TempDir(), out: &shout{}, stderr: &shout{}}
	c.Env = append(os.Environ(), asProgram+"=1", "XDG_STATE_HOME="+c.dir)
	c.Dir, c.Stdout, c.Stderr = c.dir, c.out, c.stderr
	writeFile(t, filepath.Join(c.dir, "long.wav"), wavBytes(demoSamples(t, 60)))
	writeFile(t, filepath.Join(c.dir, "old.rttm"), []byte("of yesterday\n"))
	if setup != nil {
		setup(c.Cmd)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill() // where it has not ended by itself
		_ = c.Wait()
	})
	return c
}

// speaks waits for the first turn.
func (c *child) speaks(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(c.out.String(), "S1"); {
		if time.Now().After(deadline) {
			t.Fatalf("no turn: %s%s", c.out, c.stderr)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (c *child) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := c.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// Every signal that ends the program leaves the turns up to then in the files, and the older
// files are kept.
func TestSignalsLoseNothing(t *testing.T) {
	// Where hang-ups are ignored here, as under nohup, children would ignore them too.
	hangUps := make(chan os.Signal, 1)
	signal.Notify(hangUps, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(hangUps) })
	for name, s := range map[string]syscall.Signal{"hang-up": syscall.SIGHUP, "terminate": syscall.SIGTERM, "interrupt": syscall.SIGINT} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := startChild(t, nil, "replay", "--model", "light", "--nats", "off", "--speed", "1", "--rttm", "old.rttm", "--out", "new.csv", "--out", "new.jsonl", "long.wav")
			c.speaks(t)
			c.signal(t, s)
			if s == syscall.SIGHUP {
				c.signal(t, s) // a terminal sends two
			}
			_ = c.Wait()
			if status := c.ProcessState.ExitCode(); status != exitInterrupted {
				t.Errorf("status %d, expected %d: %s", status, exitInterrupted, c.stderr)
			}
			if names, turns := readRTTM(t, filepath.Join(c.dir, "old.rttm")); len(names) != 1 || turns["long"] == "" {
				t.Errorf("turns of %v", names)
			}
			if kept := read(t, filepath.Join(c.dir, "old.rttm.1")); kept != "of yesterday\n" {
				t.Errorf("kept %q", kept)
			}
			if !strings.Contains(read(t, filepath.Join(c.dir, "new.csv")), ",S1,") ||
				!strings.Contains(read(t, filepath.Join(c.dir, "new.jsonl")), `"reason":"interrupted"`) {
				t.Error("the other files lack what was known")
			}
			if partial, _ := filepath.Glob(filepath.Join(c.dir, "*.partial*")); len(partial) > 0 {
				t.Errorf("%v is left", partial)
			}
		})
	}
}

// nohup has hang-ups ignored.
func TestNohup(t *testing.T) {
	nohup := needs.Tool(t, "nohup")
	c := startChild(t, func(c *exec.Cmd) {
		c.Path, c.Args = nohup, append([]string{nohup}, append([]string{os.Args[0]}, c.Args[1:]...)...)
	}, "replay", "--nats", "off", "--speed", "10", "--rttm", "new.rttm", "long.wav")
	c.speaks(t)
	c.signal(t, syscall.SIGHUP)
	if err := c.Wait(); err != nil {
		t.Errorf("%v: %s", err, c.stderr)
	}
	if !strings.Contains(c.out.String(), "finished at 01:00") {
		t.Errorf("the recording was not heard to its end:\n%s", c.out)
	}
}

// The second signal aborts a program that does not end, here because nobody reads its
// standard output.
func TestSecondSignalAborts(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	fd := int(w.Fd())
	if err := syscall.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = syscall.Write(fd, make([]byte, 4096))
	}
	if err := syscall.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
	c := startChild(t, func(c *exec.Cmd) { c.Stdout = w }, "replay", "--model", "light", "--speed", "4", "--rttm", "new.rttm", "long.wav")
	c.stderr.wait(t, "publishing to")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.Wait()
	}()
	c.signal(t, syscall.SIGTERM)
	select {
	case <-ended:
		t.Fatalf("the first signal aborted: %v, %s", c.ProcessState, c.stderr)
	case <-time.After(time.Second):
	}
	for again := true; again; { // a signal that comes before the first one is handled is lost
		_ = c.Process.Signal(syscall.SIGTERM) // an error means that it has ended
		select {
		case <-ended:
			again = false
		case <-time.After(time.Second):
		}
	}
	if ws := c.ProcessState.Sys().(syscall.WaitStatus); !ws.Signaled() || ws.Signal() != syscall.SIGTERM {
		t.Errorf("ended with %v, expected to be killed by the second signal: %s", c.ProcessState, c.stderr)
	}
}

// The file that standard output was redirected to cannot be a result too.
func TestRedirectedOutputIsNoFile(t *testing.T) {
	var same *os.File
	c := startChild(t, func(c *exec.Cmd) {
		var err error
		if same, err = os.Create(filepath.Join(c.Dir, "same")); err != nil {
			t.Fatal(err)
		}
		c.Stdout = same
	}, "replay", "--nats", "off", "--speed", "max", "--rttm", "same", "long.wav")
	defer same.Close()
	_ = c.Wait()
	if status := c.ProcessState.ExitCode(); status != exitOutput || !bytes.Contains([]byte(c.stderr.String()), []byte("--rttm same: is standard output")) {
		t.Errorf("status %d, expected %d: %s", status, exitOutput, c.stderr)
	}
}

// A pipe that is named like a file is read once, from its beginning.
func TestNamedPipeIsReadOnce(t *testing.T) {
	wav := soundIn(t, 10)
	if err := syscall.Mkfifo("pipe.wav", 0o600); err != nil {
		needs.Missing(t, "no named pipes here: %v", err)
	}
	go func() {
		if f, err := os.OpenFile("pipe.wav", os.O_WRONLY, 0); err == nil {
			_, _ = f.Write(wav)
			f.Close()
		}
	}()
	for _, name := range []string{"pipe", "a"} {
		if status, _, stderr := diarizer(t.Context(), nil, "replay", "--nats", "off", "--speed", "20", "--rttm", name+".rttm", name+".wav"); status != 0 {
			t.Errorf("%s: status %d, %s", name, status, stderr)
		}
	}
	_, pipe := readRTTM(t, "pipe.rttm")
	if _, file := readRTTM(t, "a.rttm"); pipe["pipe"] == "" || pipe["pipe"] != file["a"] {
		t.Errorf("%q through the pipe, %q from the file", pipe, file)
	}
}

// The end of a context says which signal it was.
func TestInterruptedBy(t *testing.T) {
	ctx, stop := signal.NotifyContext(t.Context(), syscall.SIGUSR1)
	defer stop()
	if cli.InterruptedBy(ctx, syscall.SIGUSR1) {
		t.Error("before any signal")
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if !cli.InterruptedBy(ctx, syscall.SIGUSR1) || cli.InterruptedBy(ctx, os.Interrupt) {
		t.Errorf("ended with %v", context.Cause(ctx))
	}
}
