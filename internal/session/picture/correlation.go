package picture

import "math"

// Scale turns levels in decibels into the numbers that are correlated.
type Scale struct{ of [256]float64 }

var (
	// Decibels shows best whether two microphones hear the same sound: everything above
	// the noise counts.
	Decibels = scale(func(decibels float64) float64 { return decibels })
	// Amplitude shows best by what delay they hear it. In decibels, the noise of the
	// noisier microphone hides the end of a sound and so moves the middle of the sound.
	Amplitude = scale(func(decibels float64) float64 { return math.Pow(10, decibels/20) })
)

func scale(of func(decibels float64) float64) *Scale {
	s := new(Scale)
	for i := range s.of {
		s.of[i] = of(float64(i - 128))
	}
	return s
}

// Correlation is the correlation, from -1 to 1, of the frames a to b of x with the frames
// of y that are lag earlier. The frames are cut into pieces of so many frames, and each
// band's mean in a piece is subtracted: each microphone is near to other people, so that
// the level differs from turn to turn. Correlation is -1 if x and y have fewer than least
// frames in common.
func (s *Scale) Correlation(x, y []Frame, a, b, lag, piece, least int) float64 {
	from, to := max(0, a, lag), min(len(x), b, len(y)+lag)
	if to-from < max(1, least) {
		return -1
	}
	var ab, aa, bb float64
	for ; from < to; from += piece {
		end := min(to, from+piece)
		xs, ys := x[from:end], y[from-lag:end-lag]
		var sx, sy, xy, xx, yy [bands]float64
		for t := range xs {
			f, g := &xs[t], &ys[t]
			for k := range bands {
				u, v := s.of[uint8(f[k])^128], s.of[uint8(g[k])^128]
				sx[k] += u
				sy[k] += v
				xy[k] += u * v
				xx[k] += u * u
				yy[k] += v * v
			}
		}
		n := float64(end - from)
		for k := range bands {
			ab += xy[k] - sx[k]*sy[k]/n
			aa += xx[k] - sx[k]*sx[k]/n
			bb += yy[k] - sy[k]*sy[k]/n
		}
	}
	if aa <= 0 || bb <= 0 {
		return -1
	}
	return ab / math.Sqrt(aa*bb)
}
