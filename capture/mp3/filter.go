package mp3

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// filter passes on the complete frames of one recording: no tags, no junk, no incomplete frame at the end.
// It counts the frames, which gives the position of every sample.
type filter struct {
	br    *bufio.Reader
	first header // of the first frame, which all frames are like; 0 before it

	change bool   // whether another recording follows: of another kind, or with a header frame
	frame  []byte // rest of the frame being read
	frames int64  // frames begun
	cut    bool   // whether the last frame is not complete
	junk   int64  // bytes that were neither frames nor tags
	err    error
}

// errChange is the error at the end of a recording that another one follows.
var errChange = errors.New("another recording follows")

// begin goes on with the recording that follows.
func (f *filter) begin() error {
	f.first, f.frames, f.change = 0, 0, false
	return f.next()
}

// maxLead bounds the bytes before the first frame.
const maxLead = 1 << 18

func (f *filter) Read(b []byte) (int, error) {
	if len(f.frame) == 0 {
		if err := f.next(); err != nil {
			return 0, err
		}
	}
	n := copy(b, f.frame)
	f.frame = f.frame[n:]
	return n, nil
}

// drop skips the rest of the current frame.
func (f *filter) drop() { f.frame = f.frame[:0] }

// next finds the next frame.
func (f *filter) next() error {
	inStep := f.frames > 0 // the last frame ended here
	for f.err == nil {
		if f.change {
			return errChange
		}
		head, err := f.br.Peek(4)
		if len(head) < 4 {
			f.err = err
			break
		}
		h := parseHeader(head)
		if !h.valid() || f.first != 0 && !h.like(f.first) {
			inStep = false
			if f.change = f.other(h); !f.change && !f.tag() {
				f.skip(1)
			}
			continue
		}
		if f.first == 0 && (h.layer() != layer3 || h.version() == mpeg25 || h.index() == 0) {
			return unsupported(h)
		}
		n := h.length()
		all, err := f.br.Peek(n + 4)
		if len(all) < n {
			if err != io.EOF {
				f.err = err
				break
			}
			if !inStep && f.frames > 0 {
				f.skip(1)
				continue
			}
			f.cut = true
			f.err = io.EOF
			break
		}
		// A frame is recognised by the frame that follows it, unless it begins where the last one
		// ended.
		behind := parseHeader(all[n:])
		if !inStep && len(all) == n+4 && !behind.like(h) {
			f.skip(1)
			continue
		}
		if h.misread() {
			return unsupported(h)
		}
		if f.frames > 0 && parseInfo(h, all[:n]).present {
			f.change = true
			continue
		}
		f.first = h
		f.frame = append(f.frame[:0], all[:n]...)
		f.frames++
		_, _ = f.br.Discard(n)
		return nil
	}
	return f.err
}

// other reports whether frames of another kind begin here: a header, and a similar one behind its frame.
func (f *filter) other(h header) bool {
	if f.frames == 0 || !h.valid() || h.layer() != layer3 || h.version() == mpeg25 || h.index() == 0 || h.misread() {
		return false
	}
	all, _ := f.br.Peek(h.length() + 4)
	return len(all) == h.length()+4 && parseHeader(all[h.length():]).like(h)
}

func unsupported(h header) error {
	version := map[int]string{mpeg1: "1", mpeg2: "2", mpeg25: "2.5"}[h.version()]
	layer := []string{"?", "III", "II", "I"}[h.layer()]
	if h.layer() == layer3 && h.index() > 0 {
		return fmt.Errorf("%w: MPEG-%s layer III, %d kbit/s at %d Hz", pcm.ErrUnsupported, version, h.bitrate()/1000, h.rate())
	}
	return fmt.Errorf("%w: MPEG-%s layer %s, expected MPEG-1 or 2 layer III of a fixed or variable bit rate", pcm.ErrUnsupported, version, layer)
}

func (f *filter) skip(n int) {
	_, _ = f.br.Discard(n)
	if f.junk += int64(n); f.frames == 0 && f.junk > maxLead {
		f.err = fmt.Errorf("%w: no MP3 frame in the first %d bytes", pcm.ErrDamaged, maxLead)
	}
}

// tag skips a tag or zeros where they begin here.
func (f *filter) tag() bool {
	head, _ := f.br.Peek(32)
	n := 0
	switch {
	case bytes.HasPrefix(head, []byte("TAG")):
		n = 128
	case bytes.HasPrefix(head, []byte("APETAGEX")) && len(head) >= 24:
		n = 32 + (int(head[12]) | int(head[13])<<8 | int(head[14])<<16)
		if head[23]&0x20 == 0 { // a footer, whose items were read before it
			n = 32
		}
	case bytes.HasPrefix(head, []byte("ID3")) && len(head) >= 10:
		n = 10 + (int(head[6]&127)<<21 | int(head[7]&127)<<14 | int(head[8]&127)<<7 | int(head[9]&127))
	case bytes.HasPrefix(head, []byte("LYRICSBEGIN")):
		n = 11
	case len(head) > 0 && head[0] == 0:
		n = 1
	default:
		return false
	}
	if _, err := f.br.Discard(n); err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return true
}
