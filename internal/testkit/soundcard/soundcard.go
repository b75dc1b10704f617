// Package soundcard is a sound card for tests on a machine that has none: a
// PulseAudio server of the test's own, which the process then hears as its
// default microphone. What is played to it is what the microphone picks up.
package soundcard

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

// Card is a running server.
type Card struct {
	t   testing.TB
	dir string
	cmd *exec.Cmd
}

// asound makes the server ALSA's default device.
const asound = "pcm.!default { type pulse }\nctl.!default { type pulse }\n"

// Start starts a server whose microphone hears its speaker, or skips the test
// where there is no PulseAudio. It changes the environment of the process.
func Start(t testing.TB) *Card {
	t.Helper()
	c := start(t)
	c.Load("module-null-sink", "sink_name=speaker", "rate=48000", "channels=2")
	c.Load("module-remap-source", "source_name=mic", "master=speaker.monitor")
	c.run("pactl", "set-default-source", "mic")
	return c
}

// StartPipe starts a server whose one microphone is a pipe: it hears what is
// written there, 16-bit samples at 16 kHz, and where nothing is, it stalls. The
// number is that of its module.
func StartPipe(t testing.TB) (c *Card, pipe *os.File, module string) {
	t.Helper()
	c = start(t)
	pipe, module = c.Pipe()
	return c, pipe, module
}

// Pipe adds a microphone that is a pipe.
func (c *Card) Pipe() (pipe *os.File, module string) {
	c.t.Helper()
	path := filepath.Join(c.dir, "pipe")
	module = c.Load("module-pipe-source", "source_name=pipe", "file="+path, "rate=16000", "channels=1", "format=s16le")
	c.run("pactl", "set-default-source", "pipe")
	pipe, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { pipe.Close() })
	return pipe, module
}

func start(t testing.TB) *Card {
	t.Helper()
	for _, p := range []string{"pulseaudio", "pactl", "paplay"} {
		needs.Tool(t, p)
	}
	dir, err := os.MkdirTemp("", "card") // the path of a socket has to be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.WriteFile(filepath.Join(dir, ".asoundrc"), []byte(asound), 0o600); err != nil {
		t.Fatal(err)
	}
	tb, ok := t.(interface{ Setenv(key, value string) })
	if !ok {
		t.Fatal("soundcard: the environment cannot be set here")
	}
	tb.Setenv("HOME", dir)
	tb.Setenv("XDG_RUNTIME_DIR", dir)
	tb.Setenv("PULSE_SERVER", "unix:"+filepath.Join(dir, "server"))
	c := &Card{t: t, dir: dir}
	c.Restart()
	t.Cleanup(c.Kill)
	return c
}

// Restart starts the server when it has been killed, without any device.
func (c *Card) Restart() {
	c.t.Helper()
	log, err := os.Create(filepath.Join(c.dir, "log"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer log.Close()
	c.cmd = exec.Command("pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1",
		"-L", "module-native-protocol-unix auth-anonymous=1 socket="+filepath.Join(c.dir, "server"))
	c.cmd.Stderr = log
	if err := c.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	for range 200 {
		if exec.Command("pactl", "info").Run() == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b, _ := os.ReadFile(log.Name())
	c.t.Fatalf("PulseAudio does not start: %s", b)
}

// Kill ends the server at once, as a crash does.
func (c *Card) Kill() {
	if c.cmd != nil {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait() // it was killed
		c.cmd = nil
		os.Remove(filepath.Join(c.dir, "server"))
		os.Remove(filepath.Join(c.dir, "pipe"))
	}
}

// Load loads a module and returns its number.
func (c *Card) Load(module string, args ...string) string {
	c.t.Helper()
	return strings.TrimSpace(c.run("pactl", append([]string{"load-module", module}, args...)...))
}

// Unload removes a module.
func (c *Card) Unload(module string) {
	c.t.Helper()
	c.run("pactl", "unload-module", module)
}

// Play plays a WAV file to its end.
func (c *Card) Play(path string) error {
	if out, err := exec.Command("paplay", path).CombinedOutput(); err != nil {
		return fmt.Errorf("paplay %s: %w: %s", path, err, out)
	}
	return nil
}

// PlayTo plays a WAV file to its end on a sink of the given name.
func (c *Card) PlayTo(sink, path string) error {
	if out, err := exec.Command("paplay", "--device="+sink, path).CombinedOutput(); err != nil {
		return fmt.Errorf("paplay %s: %w: %s", path, err, out)
	}
	return nil
}

// StartPair starts a server with a microphone in a room, "room", and a sound card,
// "speaker", whose loudspeaker the microphone hears at the given volume, such as 30%.
// What is played to the sink room is said there; speaker.monitor is what the card plays.
func StartPair(t testing.TB, volume string) *Card {
	t.Helper()
	c := start(t)
	for _, sink := range []string{"room", "speaker"} {
		c.Load("module-null-sink", "sink_name="+sink, "rate=48000", "channels=1")
	}
	c.Load("module-remap-source", "source_name=mic", "master=room.monitor", "source_properties=device.description=Desk")
	c.run("pactl", "set-default-source", "mic")
	c.Load("module-loopback", "source=speaker.monitor", "sink=room", "latency_msec=60", "source_dont_move=true", "sink_dont_move=true")
	input, _, _ := strings.Cut(strings.TrimSpace(c.run("pactl", "list", "short", "sink-inputs")), "\t")
	c.run("pactl", "set-sink-input-volume", input, volume)
	return c
}

func (c *Card) run(name string, args ...string) string {
	c.t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		c.t.Fatalf("%s %v: %v: %s", name, args, err, out)
	}
	return string(out)
}
