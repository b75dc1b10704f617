package identify

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/embedding"
)

// Across is what voices differ by from one recording to another, learnt for an
// embedding model of ν factors from people who were recorded through several
// microphones, rooms and lines. Within a recording the model has factors that are
// independent of each other. From one recording to another a line or a room moves
// many of them together, which one variance for all of them cannot say: in the k
// directions Q of the factors it moves each by itself.
//
// With ȳ = d/D⁻¹ of a voice, x = Q (ȳ − Mean) has variance 1 between people, and in a
// recording with n seconds of speech C_i + E_i/n about the person.
type Across struct {
	// Pairs is the fingerprint of the model's pairs, see [PairsOf].
	Pairs string
	// Mean is of length ν.
	Mean []float64
	// Q is k×ν by rows.
	Q []float64
	// C and E are of length k, E in seconds.
	C, E []float64
}

// PairsOf identifies what m makes pairs by: its network and the place and the weights
// of the factors. Models whose pairs are alike have the same, whatever they decide by
// them.
func PairsOf(m *embedding.Model) string {
	h := sha256.New()
	if m.Net != nil {
		fmt.Fprint(h, m.Net.Fingerprint())
	}
	fmt.Fprintf(h, " %+v", m.Features)
	for _, values := range [][]float64{m.Mean, m.P, m.A, m.B} {
		b := binary.LittleEndian.AppendUint64(nil, uint64(len(values)))
		for _, v := range values {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// check reports the first thing that cannot be.
func (a *Across) check() error {
	k, nu := len(a.C), len(a.Mean)
	if k < 1 || len(a.E) != k || len(a.Q) != k*nu {
		return fmt.Errorf("%d means, %d numbers of directions, %d and %d variances, expected k×ν, k and k", nu, len(a.Q), k, len(a.E))
	}
	for _, values := range [][]float64{a.Mean, a.Q, a.C, a.E} {
		for i, v := range values {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("number %d of %d is %v", i, len(values), v)
			}
		}
	}
	for i := range k {
		if a.C[i] <= 0 || a.E[i] < 0 {
			return fmt.Errorf("variance %d is %v and %v a second, expected more than 0, and 0 or more", i, a.C[i], a.E[i])
		}
	}
	return nil
}

// place writes the pair of a voice in the directions of a to dst; y is working memory
// of length ν. Nothing said is a pair of zeros.
func (a *Across) place(dst *model.Stats, y []float64, s model.Stats) {
	dst.Reset()
	if dst.N = s.N; s.N <= 0 {
		return
	}
	for i, d := range s.D {
		y[i] = 0
		if s.DInv[i] > 0 {
			y[i] = d/s.DInv[i] - a.Mean[i]
		}
	}
	k, nu := len(a.C), len(a.Mean)
	blas64.Gemv(blas.NoTrans, 1, blas64.General{Rows: k, Cols: nu, Stride: nu, Data: a.Q},
		blas64.Vector{N: nu, Data: y, Inc: 1}, 0, blas64.Vector{N: k, Data: dst.D, Inc: 1})
	for i := range k {
		w := 1 / (a.C[i] + a.E[i]*framesPerSecond/s.N)
		dst.DInv[i], dst.D[i] = w, w*dst.D[i]
	}
}

// model returns a model whose scorers compare what place writes.
func (a *Across) model(length float64) model.Model {
	return &embedding.Model{A: make([]float64, len(a.C)), LengthExponent: length}
}
