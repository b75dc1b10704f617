package training

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/internal/lab/dataset"
	"github.com/seed-7adb9000/diarizer/internal/lab/simulate"
	"github.com/seed-7adb9000/diarizer/online/model/embedding"
)

// EmbeddingConfig are the settings of the training of an embedding model. Together
// with the data and the network they determine the model to the bit.
type EmbeddingConfig struct {
	// Seed starts every random choice.
	Seed uint64
	// Augment is how many copies of each recording, through rooms, noise,
	// microphones and telephone lines, join the recording itself.
	Augment int
	// Crops is how many stretches are taken of a recording and of each copy,
	// Shortest to Longest seconds long.
	Crops             int
	Shortest, Longest float64
	// Factors is ν.
	Factors int
	// Channel is the part of what a speaker's recordings differ by that also
	// differs within one.
	Channel float64
	// Phi, WithinSpeakerVariance and LengthExponent are those of the model.
	Phi, WithinSpeakerVariance, LengthExponent float64
}

// DefaultEmbeddingConfig returns the settings of the published model.
func DefaultEmbeddingConfig() EmbeddingConfig {
	return EmbeddingConfig{Seed: 1, Augment: 3, Crops: 5, Shortest: 0.6, Longest: 5, Factors: 96, Channel: 1, Phi: 0.5, WithinSpeakerVariance: 0.02, LengthExponent: 0.7}
}

// EmbeddingFeatures is the front end of an embedding model: cepstra for the
// segmentation to find changes by, and the mel bank for the network.
func EmbeddingFeatures() features.Config {
	f := features.Default()
	f.Deltas, f.MelBank = false, features.BankSize
	return f
}

// Validate reports the first setting that cannot work, as an error that wraps
// [ErrConfig].
func (c EmbeddingConfig) Validate() error {
	return checkSettings([]setting{
		{"copies", float64(c.Augment), 0, 20},
		{"crops", float64(c.Crops), 1, 100},
		{"shortest crop", c.Shortest, 0.2, 60},
		{"longest crop", c.Longest, c.Shortest, 60},
		{"factors", float64(c.Factors), 1, 512},
		{"channel", c.Channel, 0, 1},
		{"phi", c.Phi, 1e-3, 1},
		{"slack", c.WithinSpeakerVariance, 0, 10},
		{"length", c.LengthExponent, 0, 2},
	})
}

// Crop is what the network says of a stretch of a recording.
type Crop struct {
	Speaker int
	// Session is the recording, or copy of one.
	Session int
	Seconds float64
	Vector  []float64 // of length 1
}

// Crops runs the network over stretches of the utterances and of their copies.
// Everybody's recordings are one speaker's, whatever they came through.
func Crops(ctx context.Context, utts []dataset.Utterance, ac simulate.Acoustics, net embedding.Network, cfg EmbeddingConfig, p Progress) ([]Crop, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	speakers := numbered(utts, dataset.Utterance.SpeakerID)
	copies := 1 + cfg.Augment
	each := make([][]Crop, len(utts))
	embedders := make([]embedding.Embedder, workers())
	sounds := augmented{utts: utts, acoustics: ac, copies: copies, seed: cfg.Seed, front: EmbeddingFeatures()}
	err := sounds.each(ctx, p, "embeddings", func(c copyOf) error {
		if embedders[c.worker] == nil {
			embedders[c.worker] = net.NewEmbedder()
		}
		for range cfg.Crops {
			heard := crop(c.rng, c.frames, cfg)
			if heard == nil {
				break
			}
			vector := unit(embedders[c.worker], heard, net.Dim())
			each[c.utterance] = append(each[c.utterance], Crop{Speaker: speakers[utts[c.utterance].SpeakerID()], Session: c.utterance*copies + c.number,
				Seconds: float64(len(heard)/features.BankSize) / 100, Vector: vector})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var all []Crop
	for _, c := range each {
		all = append(all, c...)
	}
	return all, nil
}

// crop returns the mel bank of a random stretch of frames, nil where there are too
// few. Short ones are as likely as long ones twice their length.
func crop(rng *rand.Rand, frames []float32, cfg EmbeddingConfig) []float32 {
	dim := EmbeddingFeatures().Dim()
	total := len(frames) / dim
	n := int(100 * cfg.Shortest * math.Pow(cfg.Longest/cfg.Shortest, rng.Float64()))
	if n > total {
		return nil
	}
	from := rng.IntN(total - n + 1)
	out := make([]float32, 0, n*features.BankSize)
	for t := from; t < from+n; t++ {
		out = append(out, frames[(t+1)*dim-features.BankSize:(t+1)*dim]...)
	}
	return out
}

// unit returns the network's vector of some frames, scaled to length 1.
func unit(net embedding.Embedder, frames []float32, dim int) []float64 {
	raw := make([]float32, dim)
	net.Hear(frames)
	net.Embed(raw, 0, len(frames)/features.BankSize)
	v := make([]float64, dim)
	for i, x := range raw {
		v[i] = float64(x)
	}
	floats.Scale(1/max(floats.Norm(v, 2), 1e-10), v)
	return v
}

// TrainEmbedding makes a model of crops. The scores' threshold and slope are left
// for calibration.
//
// Covariances come from moments: W is the scatter of the vectors about the mean of
// their session, C that of the sessions' means about their speaker's, and B that of
// the speakers' means, each less what the one before leaves in a mean of few. Within
// a recording a speaker varies by W and by cfg.Channel of C: the rest of C everybody
// keeps as long as the recording lasts. Both covariances are diagonal in the basis
// of their generalised eigenvectors, of which those of largest variance between
// speakers are kept. a and b are then found factor by factor, see [lengths].
func TrainEmbedding(net embedding.Network, crops []Crop, cfg EmbeddingConfig) (*embedding.Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	dim := net.Dim()
	sessions := groupBy(crops, dim, func(c Crop) int { return c.Session })
	if n := len(crops); len(sessions.means) < 2 || n <= len(sessions.means) {
		return nil, fmt.Errorf("%w: %d vectors of %d recordings, expected several of each", ErrConfig, n, len(sessions.means))
	}
	var means []Crop
	for _, k := range sessions.order {
		means = append(means, Crop{Speaker: sessions.member[k].Speaker, Vector: sessions.means[k]})
	}
	speakers := groupBy(means, dim, func(c Crop) int { return c.Speaker })
	var all []Crop
	for _, k := range speakers.order {
		all = append(all, Crop{Vector: speakers.means[k]})
	}
	everybody := groupBy(all, dim, func(Crop) int { return 0 })
	if len(all) < 2 {
		return nil, fmt.Errorf("%w: %d speakers, expected 2 or more", ErrConfig, len(all))
	}
	w, c, b := sessions.scatter, speakers.scatter, everybody.scatter
	subtract(c, sessions.rest, w)
	subtract(b, speakers.rest, speakers.scatter)
	subtract(b, sessions.rest*speakers.rest, w)
	within := mat.NewSymDense(dim, nil)
	within.ScaleSym(cfg.Channel, c)
	within.AddSym(within, w)
	p, err := directions(within, b, min(cfg.Factors, dim))
	if err != nil {
		return nil, err
	}
	m := &embedding.Model{Features: EmbeddingFeatures(), Net: net, Mean: everybody.means[0], P: p, Phi: cfg.Phi, WithinSpeakerVariance: cfg.WithinSpeakerVariance, LengthExponent: cfg.LengthExponent, Slope: 1}
	m.A, m.B = lengths(sessions, crops, p)
	for k := range m.A {
		row := mat.NewVecDense(dim, p[k*dim:(k+1)*dim])
		m.A[k] += cfg.Channel * max(0, mat.Inner(row, c, row))
	}
	return m, nil
}

// groups are vectors by what they have in common.
type groups struct {
	order   []int // keys, by first appearance
	means   map[int][]float64
	counts  map[int]float64
	member  map[int]Crop  // the first of each group
	scatter *mat.SymDense // of the vectors about their group's mean
	rest    float64       // the mean of 1/n over the groups
	key     func(Crop) int
}

func groupBy(crops []Crop, dim int, key func(Crop) int) groups {
	g := groups{means: map[int][]float64{}, counts: map[int]float64{}, member: map[int]Crop{}, scatter: mat.NewSymDense(dim, nil), key: key}
	for _, c := range crops {
		k := key(c)
		if g.means[k] == nil {
			g.order = append(g.order, k)
			g.means[k], g.member[k] = make([]float64, dim), c
		}
		floats.Add(g.means[k], c.Vector)
		g.counts[k]++
	}
	for _, k := range g.order {
		floats.Scale(1/g.counts[k], g.means[k])
		g.rest += 1 / g.counts[k] / float64(len(g.order))
	}
	diff := make([]float64, dim)
	for _, c := range crops {
		floats.SubTo(diff, c.Vector, g.means[key(c)])
		g.scatter.SymRankOne(g.scatter, 1/float64(max(1, len(crops)-len(g.order))), mat.NewVecDense(dim, diff))
	}
	return g
}

// subtract takes f·t off s.
func subtract(s *mat.SymDense, f float64, t *mat.SymDense) {
	var scaled mat.SymDense
	scaled.ScaleSym(-f, t)
	s.AddSym(s, &scaled)
}

// directions returns P, n×m by rows: in it B is I and W diagonal, the directions in
// which speakers differ most beside W first.
func directions(within, between *mat.SymDense, n int) ([]float64, error) {
	dim := within.SymmetricDim()
	var trace float64
	for i := range dim {
		trace += within.At(i, i)
	}
	for i := range dim { // directions that the vectors hardly have
		within.SetSym(i, i, within.At(i, i)+ridge*trace/float64(dim))
	}
	var chol mat.Cholesky
	if !chol.Factorize(within) {
		return nil, errors.New("the vectors' covariance within speakers is not that of finite numbers")
	}
	var l mat.TriDense
	chol.LTo(&l)
	var half, white mat.Dense // L⁻¹ B L⁻ᵀ
	if err := half.Solve(&l, between); err != nil {
		return nil, fmt.Errorf("covariance within speakers: %w", err)
	}
	if err := white.Solve(&l, half.T()); err != nil {
		return nil, fmt.Errorf("covariance within speakers: %w", err)
	}
	sym := mat.NewSymDense(dim, nil)
	for i := range dim {
		for j := range i + 1 {
			sym.SetSym(i, j, (white.At(i, j)+white.At(j, i))/2)
		}
	}
	var e mat.EigenSym
	if !e.Factorize(sym, true) {
		return nil, errors.New("the vectors' covariances have no common directions: they are not finite")
	}
	var v, rows mat.Dense
	e.VectorsTo(&v)
	if err := rows.Solve(l.T(), &v); err != nil { // the columns of L⁻ᵀ V
		return nil, fmt.Errorf("covariance within speakers: %w", err)
	}
	values := e.Values(nil) // ascending
	p := make([]float64, 0, n*dim)
	for k := dim - 1; k >= dim-n; k-- {
		scale := 1 / math.Sqrt(max(values[k], leastBetween))
		for i := range dim {
			p = append(p, scale*rows.At(i, k))
		}
	}
	return p, nil
}

const (
	// ridge keeps W regular, relative to its mean variance.
	ridge = 1e-4
	// leastBetween is the least ratio of a factor's variance between speakers to
	// that within them.
	leastBetween = 1e-3
)

// lengths finds a and b of each factor: in the basis of p a vector of n seconds lies
// about the mean of its session with the variance a + b/n, by least squares on the
// squared distances, each weighed by what its own variance leaves it worth.
func lengths(g groups, crops []Crop, p []float64) (a, b []float64) {
	dim := len(crops[0].Vector)
	nu := len(p) / dim
	a, b = make([]float64, nu), make([]float64, nu)
	var used []Crop
	for _, c := range crops {
		if g.counts[g.key(c)] > 1 {
			used = append(used, c)
		}
	}
	square, inverse := make([]float64, len(used)), make([]float64, len(used))
	diff := make([]float64, dim)
	for k := range nu {
		for i, c := range used {
			floats.SubTo(diff, c.Vector, g.means[g.key(c)])
			y := floats.Dot(p[k*dim:(k+1)*dim], diff)
			n := g.counts[g.key(c)]
			square[i], inverse[i] = y*y*n/(n-1), 1/c.Seconds
		}
		a[k], b[k] = line(square, inverse)
	}
	return a, b
}

// line fits square = a + b·inverse with a and b of 0 or more.
func line(square, inverse []float64) (a, b float64) {
	a, b = 1, 0
	for range 10 {
		var w, wx, wxx, wy, wxy float64
		for i, x := range inverse {
			v := a + b*x
			u := 1 / (v * v)
			w, wx, wxx, wy, wxy = w+u, wx+u*x, wxx+u*x*x, wy+u*square[i], wxy+u*x*square[i]
		}
		det := w*wxx - wx*wx
		a, b = (wxx*wy-wx*wxy)/det, (w*wxy-wx*wy)/det
		switch {
		case b < 0:
			a, b = wy/w, 0
		case a < leastWithin:
			a, b = leastWithin, (wxy-leastWithin*wx)/wxx
		}
	}
	return max(a, leastWithin), max(b, 0)
}

// leastWithin is the least variance of long utterances, beside 1 between speakers.
const leastWithin = 0.01
