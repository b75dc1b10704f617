package eigenvoice

import (
	"fmt"
	"math"
	"sync"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// Model is what training produces and everything at run time needs: the UBM,
// the factor loadings and the settings that belong to them. M is the number of
// Gaussians, d the feature dimension, ν and μ the numbers of eigenvoices and
// eigenchannels. A Model is immutable once in use and safe to share.
type Model struct {
	// Features are the settings of the front end that the model was trained on.
	Features features.Config
	// FeatureMean is the mean of unnormalised speech frames, of length d, from
	// which a stream's running mean starts.
	FeatureMean []float64
	// Weights are c_k, of length M.
	Weights []float64
	// Means and Vars are m_k and the diagonals of C_k, M×d by rows.
	Means, Vars []float64
	// V holds the eigenvoices, (M·d)×ν by rows: row k·d + i is row i of V_k.
	V []float64
	// U holds the eigenchannels, (M·d)×μ by rows; empty where μ = 0.
	U []float64
	// Nu and Mu are ν and μ.
	Nu, Mu int
	// IgnoreChannels leaves U aside, as if all sound came through one channel.
	IgnoreChannels bool
	// Phi is φ, which scales frame counts to count independent frames.
	Phi float64
	// OffsetVariance is σ², the within-utterance offset variance in units of C_k: what a
	// Gaussian hears in one utterance may be off as a whole; see [Accumulator.StatsInto].
	OffsetVariance float64
	// Soft divides a frame among the Gaussians by their posterior
	// probabilities; otherwise the likeliest one takes all of it.
	Soft bool
	// WithinSpeakerVariance is ε, the variance within a speaker in units of the variance
	// between speakers; see [WithinSpeaker].
	WithinSpeakerVariance float64
	// LengthExponent is λ, the exponent of [model.Rule.Normalise].
	LengthExponent float64
	// Threshold is the normalised score above which two utterances, or
	// clusters, are taken for one speaker's.
	Threshold float64
	// Slope turns a score's distance from Threshold into the log odds of one
	// speaker; see [model.Rule.LogOdds].
	Slope float64

	once   sync.Once
	tables tables

	printOnce   sync.Once
	fingerprint string
}

// Gaussians returns M.
func (m *Model) Gaussians() int { return len(m.Weights) }

// Copy returns a model with the parameters of m, for other settings. The
// parameters are shared and not to be changed.
func (m *Model) Copy() *Model {
	return &Model{Features: m.Features, FeatureMean: m.FeatureMean, Weights: m.Weights, Means: m.Means, Vars: m.Vars,
		V: m.V, U: m.U, Nu: m.Nu, Mu: m.Mu, IgnoreChannels: m.IgnoreChannels, Phi: m.Phi, OffsetVariance: m.OffsetVariance, Soft: m.Soft,
		WithinSpeakerVariance: m.WithinSpeakerVariance, LengthExponent: m.LengthExponent, Threshold: m.Threshold, Slope: m.Slope}
}

// channels returns the number of eigenchannels in use.
func (m *Model) channels() int {
	if m.IgnoreChannels {
		return 0
	}
	return m.Mu
}

// Dim returns d.
func (m *Model) Dim() int { return m.Features.Dim() }

// Kind implements [model.Model].
func (m *Model) Kind() string { return Kind }

// Kind is the name of this kind of model.
const Kind = "eigenvoice"

// Front implements [model.Model].
func (m *Model) Front() features.Config { return m.Features }

// Shape implements [model.Model].
func (m *Model) Shape() model.Shape { return model.Shape{Nu: m.Nu} }

// Rule implements [model.Model].
func (m *Model) Rule() model.Rule {
	return model.Rule{LengthExponent: m.LengthExponent, Threshold: m.Threshold, Slope: m.Slope, MinAssign: minAssign, Window: window}
}

// What the rule has of every model of this kind.
const (
	// minAssign is half a second: what a comparison of less says is little.
	minAssign = 50
	// window bounds the memory of a stream, of which pairs of 8.6 kB are most,
	// and the work of a review.
	window = 80
)

// Validate reports the first part of m that is missing, of the wrong size or
// not a usable number, as an error that wraps [model.ErrModel] or features.ErrConfig.
func (m *Model) Validate() error {
	if err := m.Features.Validate(); err != nil {
		return err
	}
	size, d := m.Gaussians(), m.Dim()
	if size == 0 {
		return fmt.Errorf("%w: 0 Gaussians, expected 1 or more", model.ErrModel)
	}
	if m.Nu < 1 || m.Mu < 0 {
		return fmt.Errorf("%w: %d eigenvoices and %d eigenchannels, expected 1 and 0 or more", model.ErrModel, m.Nu, m.Mu)
	}
	if m.OffsetVariance < 0 || m.WithinSpeakerVariance < 0 || m.LengthExponent < 0 {
		return fmt.Errorf("%w: token %v, slack %v and length %v, expected 0 or more", model.ErrModel, m.OffsetVariance, m.WithinSpeakerVariance, m.LengthExponent)
	}
	for _, p := range []struct {
		name     string
		values   []float64
		want     int
		positive bool
	}{
		{"feature mean", m.FeatureMean, d, false}, {"weights", m.Weights, size, true},
		{"means", m.Means, size * d, false}, {"variances", m.Vars, size * d, true},
		{"V", m.V, size * d * m.Nu, false}, {"U", m.U, size * d * m.Mu, false},
		{"phi", []float64{m.Phi}, 1, true}, {"threshold", []float64{m.Threshold}, 1, false},
		{"slope", []float64{m.Slope}, 1, true}, {"token, slack and length", []float64{m.OffsetVariance, m.WithinSpeakerVariance, m.LengthExponent}, 3, false},
	} {
		if len(p.values) != p.want {
			return fmt.Errorf("%w: %s has %d values, expected %d", model.ErrModel, p.name, len(p.values), p.want)
		}
		for i, v := range p.values {
			if math.IsNaN(v) || math.IsInf(v, 0) || p.positive && v <= 0 {
				expected := "a finite number"
				if p.positive {
					expected = "a positive number"
				}
				return fmt.Errorf("%w: value %d of %s is %v, expected %s", model.ErrModel, i, p.name, v, expected)
			}
		}
	}
	return nil
}
