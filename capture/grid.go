package capture

import "github.com/seed-7adb9000/diarizer/capture/resample"

// A grid converts one channel to Rate and keeps it in time: output sample n is the sound at n/Rate, even
// after gaps and changes of the rate. Make it with newGrid.
type grid struct {
	rs       *resample.Resampler
	rate     int
	up, down int64 // Rate over rate in lowest terms
	base     int64 // position at which sound of this rate began
	in       int64 // input samples since then, gaps among them
}

// newGrid begins with sound of a rate in hertz at position 0.
func newGrid(rate int) (*grid, error) {
	g := &grid{}
	return g, g.begin(rate)
}

func (g *grid) begin(rate int) error {
	rs, err := resample.New(rate, Rate)
	if err != nil {
		return err
	}
	a, b := int64(Rate), int64(rate)
	for b != 0 {
		a, b = b, a%b
	}
	g.rs, g.rate, g.in = rs, rate, 0
	g.up, g.down = Rate/a, int64(rate)/a
	return nil
}

// length is the number of output samples of that many frames of the first rate.
func (g *grid) length(frames int64) int64 { return g.rs.Length(frames) }

// push appends the output that the next samples complete.
func (g *grid) push(dst, mono []float32) []float32 {
	g.in += int64(len(mono))
	return g.rs.Push(dst, mono)
}

// end appends the output that waits for more input.
func (g *grid) end(dst []float32) []float32 { return g.rs.Flush(dst) }

// position is the output position of sound that follows the input so far.
func (g *grid) position() int64 { return g.base + g.in/g.down*g.up + g.rs.Length(g.in%g.down) }

// gap ends the sound before a gap of n input samples, and returns the output position after the gap.
func (g *grid) gap(dst []float32, n int64) ([]float32, int64) {
	dst = g.rs.Flush(dst)
	g.in += n
	return dst, g.base + g.in/g.down*g.up + g.rs.ResetAt(g.in%g.down)
}

// change ends sound of one rate and begins with another, from the next sample on.
func (g *grid) change(dst []float32, rate int) ([]float32, error) {
	dst = g.rs.Flush(dst)
	g.base = g.position()
	return dst, g.begin(rate)
}
