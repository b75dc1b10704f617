package tracks

import "math"

// stretch is some frames of those that are kept.
type stretch struct{ from, to int }

// level is that of a frame: of all bands together.
func level(f frame) float64 {
	sum := 0.0
	for _, x := range f {
		sum += math.Pow(10, float64(x)/10)
	}
	return 10 * math.Log10(sum)
}

// hears reports whether e and o hear the same in a span, o about so many frames
// earlier, by how many decibels it stands out more in o, and how much earlier that is.
func (e *ear) hears(o *ear, span stretch, about int) (more float64, at int, same bool) {
	best := -1.0
	for lag := about - latest; lag <= about+latest; lag++ {
		if r := correlation(e.frames, o.frames, span, lag); r > best {
			best, at = r, lag
		}
	}
	if best < alike {
		return 0, at, false
	}
	return o.above(stretch{span.from - at, span.to - at}) - e.above(span), at, true
}

// above is by how many decibels a span stands out of the floor.
func (e *ear) above(span stretch) float64 {
	sum, n := 0.0, 0
	for t := max(0, span.from); t < min(len(e.frames), span.to); t++ {
		sum += level(e.frames[t])
		n++
	}
	if n == 0 {
		return math.Inf(-1)
	}
	return sum/float64(n) - e.floor
}

// correlation is that of the bands of a and of b, so many frames earlier, each band
// about its own mean.
func correlation(a, b []frame, span stretch, lag int) float64 {
	from, to := max(0, span.from, lag), min(len(a), span.to, len(b)+lag)
	if to-from < fewest {
		return -1
	}
	n := float64(to - from)
	var ab, aa, bb float64
	for k := range bands {
		var sx, sy, xy, xx, yy float64
		for t := from; t < to; t++ {
			x, y := float64(a[t][k]), float64(b[t-lag][k])
			sx, sy, xy, xx, yy = sx+x, sy+y, xy+x*y, xx+x*x, yy+y*y
		}
		ab, aa, bb = ab+xy-sx*sy/n, aa+xx-sx*sx/n, bb+yy-sy*sy/n
	}
	if aa <= 0 || bb <= 0 {
		return -1
	}
	return ab / math.Sqrt(aa*bb)
}
