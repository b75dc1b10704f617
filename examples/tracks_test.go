//go:build unix

package examples

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A meeting of recordings that somebody ends early leaves no temporary files, whichever shell
// there is.
func TestTracksThatAreInterrupted(t *testing.T) {
	for _, shell := range []string{"sh", "dash", "bash"} {
		if _, err := exec.LookPath(shell); err != nil {
			continue
		}
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
			if signal.Ignored(sig) {
				continue // by whoever runs the tests: a shell cannot trap what it inherits as ignored
			}
			dir := t.TempDir()
			begun, temporary := filepath.Join(dir, "begun"), filepath.Join(dir, "tmp")
			for name, data := range map[string]string{"ffmpeg": "#!/bin/sh\ntouch '" + begun + "'\nexec sleep 600\n", "list.csv": "Ada,ada.wav,0\n"} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Mkdir(temporary, 0o700); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			cmd := exec.CommandContext(ctx, shell, "tracks.sh", filepath.Join(dir, "list.csv"), filepath.Join(dir, "x.rttm"))
			cmd.Env = append(os.Environ(), "TMPDIR="+temporary, "PATH="+dir+":"+os.Getenv("PATH"))
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			var said bytes.Buffer
			cmd.Stdout, cmd.Stderr = &said, &said
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for {
				if _, err := os.Stat(begun); err == nil || ctx.Err() != nil {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			if err := syscall.Kill(-cmd.Process.Pid, sig); err != nil {
				t.Error(err)
			}
			if err := cmd.Wait(); err == nil {
				t.Errorf("%s, %v: it ends as if it had done its work: %s", shell, sig, &said)
			}
			if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
				t.Errorf("%s, %v: left %v, %v: %s", shell, sig, left, err, &said)
			}
		}
	}
}
