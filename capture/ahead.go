package capture

import "github.com/seed-7adb9000/diarizer/capture/pcm"

// ahead is a decoder whose next sound can be examined before it is read. Make it with
// newAhead.
type ahead struct {
	pcm.Reader
	chunks []chunk // examined and not read yet
	format pcm.Format
	gap    int64
}

// chunk is what one Read of a decoder returned.
type chunk struct {
	samples []float32
	format  pcm.Format
	gap     int64
	err     error
}

func newAhead(dec pcm.Reader) *ahead { return &ahead{Reader: dec, format: dec.Format()} }

func (a *ahead) Format() pcm.Format { return a.format }
func (a *ahead) Gap() int64         { return a.gap }

// aheadBuffer is how many samples are examined at a time.
const aheadBuffer = 4096

// look calls enough with the chunks that come next, at most a second of them, until enough
// returns true. It reports whether enough returned true.
func (a *ahead) look(enough func(c chunk) bool) bool {
	buf := make([]float32, aheadBuffer)
	left := a.format.Rate
	for i := 0; left > 0; i++ {
		if i == len(a.chunks) {
			n, err := a.Reader.Read(buf)
			c := chunk{format: a.Reader.Format(), gap: pcm.Gap(a.Reader), err: err}
			c.samples = append(c.samples, buf[:n*c.format.Channels]...)
			a.chunks = append(a.chunks, c)
		}
		c := a.chunks[i]
		if enough(c) {
			return true
		}
		if c.err != nil {
			return false
		}
		left -= len(c.samples) / c.format.Channels
	}
	return false
}

// Read decodes interleaved frames into dst as [pcm.Reader] has it.
func (a *ahead) Read(dst []float32) (int, error) {
	if len(a.chunks) == 0 {
		n, err := a.Reader.Read(dst)
		a.format, a.gap = a.Reader.Format(), pcm.Gap(a.Reader)
		return n, err
	}
	c := &a.chunks[0]
	ch := c.format.Channels
	n := copy(dst[:len(dst)/ch*ch], c.samples)
	a.format, a.gap = c.format, c.gap
	c.samples, c.gap = c.samples[n:], 0
	if len(c.samples) > 0 {
		return n / ch, nil
	}
	err := c.err
	if a.chunks = a.chunks[1:]; n > 0 {
		err = nil // the decoder returns it again
	}
	return n / ch, err
}
