package segnet

import (
	"math"

	"github.com/seed-7adb9000/diarizer/internal/network/simd"
)

// tile is how many rows of a convolution are computed before they are pooled.
const tile = 60

// moments are the mean and the variance of each channel.
type moments struct{ mean, variance []float64 }

func newMoments(channels int) moments {
	return moments{make([]float64, channels), make([]float64, channels)}
}

// measure sets m to those of rows, n of them.
func (m *moments) measure(rows []float32, n int) {
	channels := len(m.mean)
	clear(m.mean)
	clear(m.variance)
	rows = rows[:n*channels]
	for row := rows; len(row) > 0; row = row[channels:] {
		for i, v := range row[:channels] {
			m.mean[i] += float64(v)
		}
	}
	for i := range m.mean {
		m.mean[i] /= float64(n)
	}
	for row := rows; len(row) > 0; row = row[channels:] {
		for i, v := range row[:channels] {
			d := float64(v) - m.mean[i]
			m.variance[i] += d * d
		}
	}
	for i := range m.variance {
		m.variance[i] /= float64(n)
	}
}

// into writes to dst the scale and the shift that a trained norm is for m.
func (m *moments) into(dst, norm affine) {
	for i, v := range m.variance {
		scale := float64(norm.scale[i]) / math.Sqrt(v+epsilon)
		dst.scale[i] = float32(scale)
		dst.shift[i] = float32(float64(norm.shift[i]) - m.mean[i]*scale)
	}
}

// normalize scales, shifts and rectifies rows of len(a.scale) numbers.
func normalize(rows []float32, a affine) {
	for channels := len(a.scale); len(rows) > 0; rows = rows[channels:] {
		for i, v := range rows[:channels] {
			rows[i] = leaky(float32(v*a.scale[i]) + a.shift[i])
		}
	}
}

func leaky(v float32) float32 {
	if v < 0 {
		return v * slope
	}
	return v
}

// pooled writes n rows of the largest of pool rows each of a convolution to dst. Row j of
// the convolution reads src from j·s.step on.
func (w *worker) pooled(s *stage, dst, src []float32, n int) {
	at := [1]int{}
	conv := simd.Matrix{Data: w.rows[:], Stride: s.wide}
	for n > 0 {
		rows := min(n, tile/pool)
		s.conv.Into(w.path, conv, simd.Matrix{Data: src, Stride: s.step}, at[:], pool*rows, simd.Matrix{}, simd.NoFloor)
		if s.sums != nil {
			w.peaks(s, dst, conv, rows)
		} else {
			largest(dst, conv, rows, s.channels)
		}
		n -= rows
		dst, src = dst[rows*s.channels:], src[min(len(src), pool*rows*s.step):]
	}
}

// largest writes n rows of channels numbers to dst, each of pool rows of src.
func largest(dst []float32, src simd.Matrix, n, channels int) {
	for r := range n {
		a := src.Data[pool*r*src.Stride:]
		b, c := a[src.Stride:][:channels], a[2*src.Stride:][:channels]
		out := dst[r*channels:][:channels]
		for i, v := range a[:channels] {
			if b[i] > v {
				v = b[i]
			}
			if c[i] > v {
				v = c[i]
			}
			out[i] = v
		}
	}
}

// peaks is largest for n rows of what the filters make of the samples: the sizes of what they
// would make of samples that are scaled and shifted by w.gain.
func (w *worker) peaks(s *stage, dst []float32, conv simd.Matrix, n int) {
	for i, sum := range s.sums {
		w.scales[i] = w.gain.scale[0]
		w.offsets[i] = w.gain.shift[0] * sum
	}
	simd.Peaks(w.path, simd.Matrix{Data: dst, Stride: filters}, conv, n, w.scales[:], w.offsets[:])
}
