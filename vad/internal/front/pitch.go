package front

import (
	"math"

	"gonum.org/v1/gonum/blas/blas32"
)

// The pitch search works at 4 kHz, over lags of 400 down to 60 Hz.
const (
	pitchRate  = 4000
	minLag     = pitchRate / 400
	maxLag     = pitchRate/60 + 1
	lags       = maxLag - minLag + 1
	pitchHop   = Hop * pitchRate / 16000
	pitchSpans = 4 // hops in a correlation window: 40 ms
)

// correlator keeps the normalised cross-correlation of the last 40 ms with what
// came one lag before. Products are summed once per hop and lag and the sums of
// the last hops added up, so a window costs no more than a hop.
type correlator struct {
	hist   [maxLag + pitchHop]float32 // input, the newest hop last
	cum    [maxLag + pitchHop + 1]float32
	prod   [pitchSpans][lags]float32 // Σ x[n] x[n-lag] of each recent hop
	late   [pitchSpans][lags]float32 // Σ x[n-lag]²
	now    [pitchSpans]float32       // Σ x[n]²
	at     int
	sums   [lags]float32 // scratch
	r      [lags]float32 // window sums of prod
	scale  [lags]float32 // makes r a correlation between -1 and 1
	energy float32       // window sum of now
}

// push takes one hop of samples.
func (c *correlator) push(x *[pitchHop]float32) {
	copy(c.hist[:], c.hist[pitchHop:])
	copy(c.hist[maxLag:], x[:])
	var sum float32
	for i, v := range &c.hist {
		c.cum[i] = sum
		sum += v * v
	}
	c.cum[len(c.hist)] = sum
	c.at = (c.at + 1) % pitchSpans
	c.now[c.at] = c.cum[maxLag+pitchHop] - c.cum[maxLag]
	// A sample meets those of all lags before it at once, the longest lag first.
	clear(c.sums[:])
	sums := blas32.Vector{N: lags, Data: c.sums[:], Inc: 1}
	for i, v := range x {
		blas32.Axpy(v, blas32.Vector{N: lags, Data: c.hist[i : i+lags], Inc: 1}, sums)
	}
	prod, late := &c.prod[c.at], &c.late[c.at]
	for k := range lags {
		lag := minLag + k
		prod[k] = c.sums[lags-1-k]
		late[k] = c.cum[maxLag+pitchHop-lag] - c.cum[maxLag-lag]
	}
	c.energy = c.now[0] + c.now[1] + c.now[2] + c.now[3]
	for k := range lags {
		c.r[k] = c.prod[0][k] + c.prod[1][k] + c.prod[2][k] + c.prod[3][k]
		e := c.late[0][k] + c.late[1][k] + c.late[2][k] + c.late[3][k]
		c.scale[k] = 1 / sqrt32((c.energy+tiny)*(e+tiny))
	}
}

// Peak is the height, lag in samples and prominence of the best pitch candidate:
// the largest local maximum of the normalised correlation after noise is taken
// out. Prominence is the height over the lowest value at shorter lags, which is
// small for low-pass noise, whose correlation falls off without coming back.
type Peak struct {
	Height, Prominence float32
	Lag                int
}

// best searches the current window, with the noise correlation n taken out. The
// denominator keeps the noise, so the height also falls with the level over it.
// Heights are those of parabolas through three lags, since a period is seldom a
// whole number of samples.
func (c *correlator) best(n *noiseCorrelation) Peak {
	at := func(k int) float32 { return (c.r[k] - n.r[k]) * c.scale[k] }
	var p Peak
	prev2, prev := at(0), at(1)
	low := min(1, prev2)
	for k := 2; k < lags; k++ {
		v := at(k)
		if prev < low {
			low = prev
		}
		if prev >= prev2 && prev > v { // a local maximum
			d := v - prev2
			if h := prev + d*d/(8*(2*prev-prev2-v)); h > p.Height {
				p = Peak{Height: h, Prominence: h - low, Lag: minLag + k - 1}
			}
		}
		prev2, prev = prev, v
	}
	p.Height = min(p.Height, 1)
	p.Prominence = min(p.Prominence, 2)
	return p
}

// tiny keeps quotients finite; a hop at -140 dBFS has a hundred times as much.
const tiny = 1e-15

func sqrt32(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// noiseCorrelation is the slow average of the correlation sums while nothing
// rises above the noise floor: what hum and fans contribute.
type noiseCorrelation struct {
	r [lags]float32
}

// noiseForget is the weight of a new hop in the average: a time constant of 0.5 s.
const noiseForget = 0.02

func (n *noiseCorrelation) learn(c *correlator) {
	for k, r := range &c.r {
		n.r[k] += noiseForget * (r - n.r[k])
	}
	if c.energy == 0 {
		n.fade()
	}
}

// fade ends what silence would make smaller for ever, see ended: what changes a
// height, which tiny divides, by less than one can tell.
func (n *noiseCorrelation) fade() {
	const least = 1e-7 * tiny
	for k, r := range &n.r {
		if -least < r && r < least {
			n.r[k] = 0
		}
	}
}
