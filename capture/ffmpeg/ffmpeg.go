// Package ffmpeg has an installed ffmpeg program decode what this program does
// not: M4A, Ogg Vorbis, video and the rest.
package ffmpeg

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// ErrNotInstalled says that there is no ffmpeg in the PATH.
var ErrNotInstalled = errors.New("ffmpeg is not installed")

// InstallHint tells how to get it.
const InstallHint = "install ffmpeg (apt install ffmpeg, brew install ffmpeg, winget install ffmpeg), or convert the recording to WAV or FLAC"

// A Process is a running ffmpeg. Reading it yields the first sound stream of its
// input as a WAV stream of 32-bit float samples, with the rate and the channels
// that it has. Make it with [Start]; it has to be closed.
type Process struct {
	cmd    *exec.Cmd
	out    io.ReadCloser
	said   tail
	source string

	once    sync.Once
	done    chan struct{} // closed when err and warning are set
	err     error         // why the process failed
	warning error
}

// Start decodes the file at path, or, if stdin is not nil, what comes from
// there. It returns ErrNotInstalled where there is no ffmpeg.
func Start(path string, stdin io.Reader) (*Process, error) {
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		return nil, ErrNotInstalled
	}
	// A path is never an option or a URL, and a playlist never fetches anything.
	source := "file:" + path
	if stdin != nil {
		source = "pipe:0"
	}
	p := &Process{source: source, done: make(chan struct{})}
	p.cmd = exec.Command(program, "-nostdin", "-hide_banner", "-loglevel", "error", "-protocol_whitelist", "file,pipe",
		"-i", source, "-map", "0:a:0", "-c:a", "pcm_f32le", "-f", "wav", "pipe:1")
	p.cmd.Stdin = stdin
	p.cmd.Stderr = &p.said
	// When the process is gone, a stdin that delivers nothing must not keep us.
	p.cmd.WaitDelay = time.Second
	if p.out, err = p.cmd.StdoutPipe(); err != nil {
		return nil, fmt.Errorf("ffmpeg: %w", err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("ffmpeg: %w", err)
	}
	return p, nil
}

// Read returns io.EOF only after ffmpeg has decoded everything; if it fails, the
// error wraps [pcm.ErrDamaged] and says what ffmpeg said.
func (p *Process) Read(b []byte) (int, error) {
	n, err := p.out.Read(b)
	if n > 0 || err == nil {
		return n, nil
	}
	if err := p.wait(); err != nil {
		return 0, err
	}
	return 0, io.EOF
}

func (p *Process) wait() error {
	p.once.Do(func() {
		defer close(p.done)
		err := p.cmd.Wait()
		switch said := p.said.last(p.source); {
		case err == nil || errors.Is(err, exec.ErrWaitDelay):
			if said != "" {
				p.warning = fmt.Errorf("%w: ffmpeg says %q", pcm.ErrDamaged, said)
			}
		case p.said.contains("matches no streams"):
			p.err = pcm.ErrEmpty
		case said != "":
			p.err = fmt.Errorf("%w: ffmpeg says %q", pcm.ErrDamaged, said)
		default:
			p.err = fmt.Errorf("%w: ffmpeg: %w", pcm.ErrDamaged, err)
		}
	})
	return p.err
}

// Warning is what ffmpeg complained of although it went on, once Read has
// returned io.EOF. It wraps [pcm.ErrDamaged].
func (p *Process) Warning() error {
	select {
	case <-p.done:
		return p.warning
	default:
		return nil
	}
}

// Close ends the process, if it still runs.
func (p *Process) Close() error {
	_ = p.cmd.Process.Kill() // it may be gone already
	_ = p.wait()             // what it was told to leave undone is no error
	return nil
}

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailLen = 4096

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	if n := len(t.buf) - tailLen; n > 0 {
		t.buf = t.buf[:copy(t.buf, t.buf[n:])]
	}
	return len(b), nil
}

func (t *tail) contains(s string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Contains(t.buf, []byte(s))
}

// last is the last line, without the name of the source.
func (t *tail) last(source string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := bytes.Split(bytes.TrimSpace(t.buf), []byte("\n"))
	line := string(lines[len(lines)-1])
	return strings.TrimSpace(strings.TrimPrefix(line, source+":"))
}
