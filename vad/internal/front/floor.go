package front

// Floors are minima over the last floorSpans*floorSpan to one span less, so a
// floor rises again within 3.2 s after it has risen in the sound and forgets a
// loud or a silent passage completely.
const (
	floorSpans = 8
	shortSpan  = 40  // hops
	longSpan   = 160 // hops
)

// floor follows the minimum of a smoothed level in each band (R. Martin, "Noise
// power spectral density estimation based on optimal smoothing and minimum
// statistics", IEEE Trans. SAP 9(5), 2001, without the bias correction, which is
// a constant here).
type floor struct {
	span   int // hops
	hops   int
	at     int
	smooth [bands + 1]float32
	mins   [floorSpans][bands + 1]float32
	min    [bands + 1]float32
}

const floorSmooth = 0.25

// begin sets the floor to the levels of a hop, unless it knows more already.
func (f *floor) begin(level *[bands + 1]float32) {
	if f.hops > 0 {
		return
	}
	f.smooth, f.min = *level, *level
	for i := range f.mins {
		f.mins[i] = *level
	}
}

// push takes the levels of a hop, in dB.
func (f *floor) push(level *[bands + 1]float32) {
	if f.hops > 0 && f.hops%f.span == 0 {
		f.at = (f.at + 1) % floorSpans
		f.mins[f.at] = f.smooth
		f.min = f.smooth
		for i := range f.mins {
			if i*f.span > f.hops { // not filled yet
				continue
			}
			for b, v := range &f.mins[i] {
				f.min[b] = min(f.min[b], v)
			}
		}
	}
	f.hops++
	cur := &f.mins[f.at]
	for b, v := range level {
		f.smooth[b] += floorSmooth * (v - f.smooth[b])
		cur[b] = min(cur[b], f.smooth[b])
		f.min[b] = min(f.min[b], f.smooth[b])
	}
}
