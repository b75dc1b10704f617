// Package ffmpeg decodes, by an installed ffmpeg, the formats that this program does not decode
// itself: M4A, Ogg Vorbis, video and others.
package ffmpeg

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// ErrNotInstalled is the error if there is no ffmpeg in the PATH.
var ErrNotInstalled = errors.New("ffmpeg is not installed")

// ErrNoTrack is the error for a recording that has sound tracks, but not the requested one.
var ErrNoTrack = errors.New("no such sound track")

// InstallHint tells how to install ffmpeg.
const InstallHint = "install ffmpeg (apt install ffmpeg, brew install ffmpeg, winget install ffmpeg), or convert the recording to WAV or FLAC"

// Source is a recording to decode.
type Source struct {
	// Path names a file. ffmpeg never reads it as an option, an address or a pattern.
	Path string
	// Stdin, if not nil, is decoded instead of a file.
	Stdin io.Reader
	// Track is the sound track to decode, counted from 1. 0 is the first.
	Track int
	// FromZero says that the times of the recording begin at 0, so that its sound may begin
	// late. Otherwise, the earliest time of all tracks counts as 0: a broadcast begins at any
	// time, and the delay of an encoder is no silence.
	FromZero bool
}

// ahead is added to all times, because Matroska cannot express times before 0.
const ahead = 100 * time.Second

// demuxers are the containers that ffmpeg may read: those that hold their sound themselves. Others
// are refused, because playlists, manifests and session descriptions make ffmpeg read other files.
// ffmpeg recognises them by their content under any name.
var demuxers = []string{
	"3dostr", "aac", "aax", "ac3", "act", "adx", "aea", "aiff", "amr", "amrnb", "amrwb", "ape", "asf", "asf_o", "ast", "au", "avi", "avr",
	"caf", "codec2", "daud", "dhav", "dss", "dts", "dtshd", "dv", "eac3", "epaf", "flac", "flv", "g729", "gsm", "gxf", "hca", "iff", "ircam",
	"live_flv", "loas", "lvf", "lxf", "matroska", "mlp", "mmf", "mov", "mp3", "mpc", "mpc8", "mpeg", "mpegts", "msf", "mxf", "nistsphere",
	"nsv", "nut", "nuv", "ogg", "oma", "paf", "pva", "pvf", "qcp", "rm", "rso", "sbc", "sds", "shn", "siff", "sol", "sox", "spdif", "tak",
	"truehd", "tta", "ty", "vag", "voc", "vqf", "w64", "wav", "wsd", "wtv", "wv", "wve", "xa", "xwma",
}

// arguments is the command line that decodes s to standard output.
func (s Source) arguments() []string {
	protocol, input := "file", "file:"+s.Path
	if s.Stdin != nil {
		protocol, input = "pipe", "pipe:0"
	}
	args := []string{
		"-nostdin", "-nostats", "-hide_banner", "-loglevel", "level+info",
		"-protocol_whitelist", protocol, "-format_whitelist", strings.Join(demuxers, ","),
		// Times are kept. By default, ffmpeg moves the first time to 0 and removes
		// what looks like jumps.
		"-copyts",
	}
	if !s.FromZero {
		args = append(args, "-start_at_zero")
	}
	return append(args,
		"-i", input, "-map", fmt.Sprintf("0:a:%d", max(0, s.Track-1)), "-map_metadata", "-1", "-map_chapters", "-1",
		"-c:a", "pcm_f32le", "-output_ts_offset", fmt.Sprint(ahead.Seconds()),
		// Small clusters, because ffmpeg writes a cluster only when it is complete.
		"-f", "matroska", "-live", "1", "-cluster_time_limit", "20", "pipe:1")
}

// A Process is a running ffmpeg. Reading it yields one sound track of its input,
// with the rate, the channels and the times that it has, as a [Reader] takes it.
// Make it with [Start]; it has to be closed.
type Process struct {
	source Source
	cmd    *exec.Cmd
	out    io.ReadCloser
	said   said

	once    sync.Once
	done    chan struct{} // closed when err and warning are set
	err     error         // why the process failed
	warning error
}

// Start decodes a recording. It returns ErrNotInstalled where there is no ffmpeg.
func Start(s Source) (*Process, error) {
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		return nil, ErrNotInstalled
	}
	p := &Process{source: s, done: make(chan struct{})}
	p.cmd = exec.Command(program, s.arguments()...)
	p.cmd.Stdin = s.Stdin
	p.cmd.Stderr = &p.said
	// After the end of the process, Wait must not wait for a stdin that yields nothing.
	p.cmd.WaitDelay = time.Second
	if p.out, err = p.cmd.StdoutPipe(); err != nil {
		return nil, fmt.Errorf("ffmpeg: %w", err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("ffmpeg: %w", err)
	}
	return p, nil
}

// Read returns io.EOF only after ffmpeg has decoded everything. If ffmpeg fails, the error wraps
// [pcm.ErrDamaged] and has the message of ffmpeg.
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
		switch complaint := p.said.complaint(); {
		case err == nil || errors.Is(err, exec.ErrWaitDelay):
			if complaint != "" {
				p.warning = fmt.Errorf("%w: ffmpeg says %q", pcm.ErrDamaged, complaint)
			}
		case p.said.noTrack() && p.Tracks() > 0:
			p.err = fmt.Errorf("%w: %d, expected 1 to %d", ErrNoTrack, p.source.Track, p.Tracks())
		case p.said.noTrack():
			p.err = pcm.ErrEmpty
		case complaint != "":
			p.err = fmt.Errorf("%w: ffmpeg says %q", pcm.ErrDamaged, complaint)
		default:
			p.err = fmt.Errorf("%w: ffmpeg: %w", pcm.ErrDamaged, err)
		}
	})
	return p.err
}

// Tracks is how many sound tracks the recording has, as far as ffmpeg has reported. The number is
// final once Read has returned io.EOF.
func (p *Process) Tracks() int { return p.said.soundTracks() }

// Warning is an error that ffmpeg reported although it went on. It is complete once Read has returned
// io.EOF, and wraps [pcm.ErrDamaged].
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
	_ = p.wait()             // the error is that it was killed
	return nil
}
