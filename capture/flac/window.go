package flac

import (
	"errors"
	"io"
)

// A window reads a stream and can go back to the last mark. Make it with newWindow.
type window struct {
	r    io.Reader
	buf  []byte // bytes that are kept
	mark int    // position to go back to, -1 if there is none
	pos  int    // position of the next byte
	err  error
}

const (
	// windowStep is how much is read at a time.
	windowStep = 64 << 10
	// longestFrame bounds the bytes that are kept. An incompressible frame of 65,535
	// samples in eight channels of 32 bits has 2.1 million bytes.
	longestFrame = 4 << 20
)

var errTooLong = errors.New("no end in sight")

func newWindow(r io.Reader) *window { return &window{r: r, mark: -1} }

// set marks the next byte.
func (w *window) set() { w.mark = w.pos }

// free removes the mark.
func (w *window) free() { w.mark = -1 }

// marked are the first bytes after the mark.
func (w *window) marked() []byte { return w.buf[w.mark:min(w.mark+longestHead, len(w.buf))] }

// back goes back to n bytes behind the mark. It returns by how many bytes it went back.
func (w *window) back(n int) int {
	far := w.pos - w.mark - n
	w.pos = w.mark + n
	return far
}

// fill reads more. It returns the error of the stream, or errTooLong if the mark is too far back.
func (w *window) fill() error {
	if w.err != nil {
		return w.err
	}
	from := w.pos
	if w.mark >= 0 {
		from = w.mark
	}
	if len(w.buf)-from > longestFrame {
		return errTooLong
	}
	if from > 0 && (from == len(w.buf) || cap(w.buf)-len(w.buf) < windowStep) {
		w.buf = w.buf[:copy(w.buf, w.buf[from:])]
		w.pos -= from
		w.mark = max(-1, w.mark-from)
	}
	if cap(w.buf)-len(w.buf) < windowStep {
		w.buf = append(make([]byte, 0, 2*cap(w.buf)+windowStep), w.buf...)
	}
	n, err := w.r.Read(w.buf[len(w.buf) : len(w.buf)+windowStep])
	w.buf = w.buf[:len(w.buf)+n]
	if n == 0 {
		w.err = err
	}
	return w.err
}

// Read implements io.Reader. It waits only if no byte is there.
func (w *window) Read(p []byte) (int, error) {
	for w.pos == len(w.buf) {
		if err := w.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, w.buf[w.pos:])
	w.pos += n
	return n, nil
}

// Peek returns the next n bytes, or fewer with the error that ended the stream.
func (w *window) Peek(n int) ([]byte, error) {
	for len(w.buf)-w.pos < n {
		if err := w.fill(); err != nil {
			return w.buf[w.pos:], err
		}
	}
	return w.buf[w.pos : w.pos+n], nil
}

// Discard skips the next n bytes, or fewer with the error that ended the stream.
func (w *window) Discard(n int) (int, error) {
	for left := n; ; {
		k := min(left, len(w.buf)-w.pos)
		w.pos += k
		if left -= k; left == 0 {
			return n, nil
		}
		if err := w.fill(); err != nil {
			return n - left, err
		}
	}
}
