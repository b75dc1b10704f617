package embedding

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"sync"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// Kind is the name of this kind of model.
const Kind = "embedding"

// Network gives stretches of speech a vector. It is immutable and shared.
type Network interface {
	// Dim returns the length of the vectors.
	Dim() int
	// Fingerprint identifies the network by its weights.
	Fingerprint() string
	// NewEmbedder returns working memory for one goroutine.
	NewEmbedder() Embedder
}

// Tracking is a network that hears how many people speak at a time.
type Tracking interface {
	// Fingerprint identifies the network by its weights.
	Fingerprint() string
	// NewTracker returns the tracker of a new stream.
	NewTracker() model.Tracker
}

// Embedder runs a network.
type Embedder interface {
	// Hear runs the network over the features of an utterance, T×b by rows in one
	// or more parts, as far as every stretch of it can be embedded by Embed.
	Hear(parts ...[]float32)
	// Embed writes the vector of the frames [from, to) of the utterance to dst.
	Embed(dst []float32, from, to int)
	// Forget drops what Hear computed. Call Hear before the next Embed.
	Forget()
}

// Model is a network and a two-covariance model of its vectors, ν factors of m
// numbers. A Model is immutable once in use and safe to share.
type Model struct {
	// Features are the settings of the front end. Their mel bank is what the
	// network hears.
	Features features.Config
	// Net is the network.
	Net Network
	// Tracking hears how many people speak at a time; nil for nobody who does.
	Tracking Tracking
	// Mean is μ, of length m.
	Mean []float64
	// P is ν×m by rows.
	P []float64
	// A and B are a and b, of length ν, b in seconds.
	A, B []float64
	// Phi is φ.
	Phi float64
	// WithinSpeakerVariance is ε, the variance within a speaker in units of the variance
	// between speakers.
	WithinSpeakerVariance float64
	// LengthExponent, Threshold and Slope are those of the [model.Rule].
	LengthExponent, Threshold, Slope float64

	printOnce   sync.Once
	fingerprint string
}

// Nu returns ν.
func (m *Model) Nu() int { return len(m.A) }

// Copy returns a model with the parameters of m, for other settings. The
// parameters are shared and not to be changed.
func (m *Model) Copy() *Model {
	return &Model{Features: m.Features, Net: m.Net, Tracking: m.Tracking, Mean: m.Mean, P: m.P, A: m.A, B: m.B, Phi: m.Phi, WithinSpeakerVariance: m.WithinSpeakerVariance,
		LengthExponent: m.LengthExponent, Threshold: m.Threshold, Slope: m.Slope}
}

// Kind implements [model.Model].
func (m *Model) Kind() string { return Kind }

// Front implements [model.Model].
func (m *Model) Front() features.Config { return m.Features }

// NewTracker implements [model.Tracking].
func (m *Model) NewTracker() model.Tracker {
	if m.Tracking == nil {
		return nil
	}
	return m.Tracking.NewTracker()
}

// Shape implements [model.Model].
func (m *Model) Shape() model.Shape { return model.Shape{Nu: m.Nu(), Diagonal: true} }

// Rule implements [model.Model].
func (m *Model) Rule() model.Rule {
	return model.Rule{
		LengthExponent: m.LengthExponent, Threshold: m.Threshold, Slope: m.Slope,
		Regularisation: regularisation, MinAssign: minAssign, Window: window,
	}
}

// What the rule has of every model of this kind.
const (
	// minAssign is 0.6 s: the network costs as much again each time that an
	// open utterance is looked at.
	minAssign = 60
	// window is long enough to put a conversation right, and short enough that what
	// a speaker said minutes ago, when the sound of the room was another, is not
	// held against them: a longer one splits people in long meetings.
	window = 120
	// regularisation was found on simulated conversations, see docs/experiments.md.
	regularisation = 5
)

// Fingerprint implements [model.Model].
func (m *Model) Fingerprint() string {
	m.printOnce.Do(func() {
		h := sha256.New()
		fmt.Fprintf(h, "%s %s %+v", Kind, m.Net.Fingerprint(), m.Features)
		if m.Tracking != nil {
			fmt.Fprintf(h, " %s", m.Tracking.Fingerprint())
		}
		for _, values := range [][]float64{m.Mean, m.P, m.A, m.B, {m.Phi, m.WithinSpeakerVariance, m.LengthExponent, m.Threshold, m.Slope}} {
			b := binary.LittleEndian.AppendUint64(nil, uint64(len(values)))
			for _, v := range values {
				b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
			}
			h.Write(b)
		}
		m.fingerprint = hex.EncodeToString(h.Sum(nil)[:16])
	})
	return m.fingerprint
}

// Validate implements [model.Model].
func (m *Model) Validate() error {
	if err := m.Features.Validate(); err != nil {
		return err
	}
	if m.Features.MelBank == 0 {
		return fmt.Errorf("%w: features without a mel bank, expected what the network hears", model.ErrModel)
	}
	if m.Net == nil {
		return fmt.Errorf("%w: no network", model.ErrModel)
	}
	nu, dim := m.Nu(), m.Net.Dim()
	if nu < 1 || nu > dim {
		return fmt.Errorf("%w: %d factors, expected 1 to %d", model.ErrModel, nu, dim)
	}
	for _, p := range []struct {
		name   string
		values []float64
		want   int
		least  float64
	}{
		{"mean", m.Mean, dim, math.Inf(-1)}, {"P", m.P, nu * dim, math.Inf(-1)},
		{"a", m.A, nu, leastVariance}, {"b", m.B, nu, 0},
		{"phi", []float64{m.Phi}, 1, 1e-6}, {"slack", []float64{m.WithinSpeakerVariance}, 1, 0}, {"length", []float64{m.LengthExponent}, 1, 0},
		{"threshold", []float64{m.Threshold}, 1, math.Inf(-1)}, {"slope", []float64{m.Slope}, 1, 1e-9},
	} {
		if len(p.values) != p.want {
			return fmt.Errorf("%w: %s has %d values, expected %d", model.ErrModel, p.name, len(p.values), p.want)
		}
		for i, v := range p.values {
			if math.IsNaN(v) || math.IsInf(v, 0) || v < p.least {
				return fmt.Errorf("%w: value %d of %s is %v, expected a number of %v or more", model.ErrModel, i, p.name, v, p.least)
			}
		}
	}
	return nil
}

// leastVariance keeps precisions within what sums can hold.
const leastVariance = 1e-6
