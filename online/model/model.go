package model

import (
	"encoding"
	"errors"
	"iter"

	"github.com/seed-7adb9000/diarizer/features"
)

// ErrModel is wrapped by every error about a model whose parts do not fit.
var ErrModel = errors.New("model: parts do not fit")

// Model is one kind of model: how it makes a pair <d, D⁻¹> of sound, and the rule by
// which pairs are compared. Clustering does not know the kind. A Model is immutable once
// in use and safe to share.
type Model interface {
	// Kind names the kind as model files do: "eigenvoice" or "embedding".
	Kind() string
	// Front returns the settings of the features that a Listener hears.
	Front() features.Config
	// Shape returns what the pairs look like.
	Shape() Shape
	// Rule returns how scores become decisions.
	Rule() Rule
	// NewListener returns the listener of a new stream.
	NewListener() Listener
	// NewScorer returns a scorer, for one goroutine.
	NewScorer() Scorer
	// Fingerprint identifies the model by everything that its results depend
	// on: 32 hexadecimal digits. Statistics of one model mean nothing to
	// another.
	Fingerprint() string
	// Validate reports the first part that is missing or unusable, as an error
	// that wraps [ErrModel] or features.ErrConfig.
	Validate() error
}

// Precise is a Model in which D⁻¹ of an utterance follows from the utterance's length.
type Precise interface {
	// Precisions returns D⁻¹ of an utterance of so many frames, in the form of a [Kept].
	Precisions(frames float64) []float32
}

// Listener makes pairs of the sound of one stream. It owns its working memory and
// is for one goroutine.
type Listener interface {
	// Hear takes the next frames of speech, n×d by rows and at most segment.ChunkFrames
	// of them, as extracted. It returns what the listener needs to make pairs of them.
	// first is the number of the first frame in the stream.
	Hear(frames []float64, first int64) Sound
	// Pair writes the pair of one utterance to dst. The sounds of the utterance come in
	// the order of time.
	Pair(dst *Stats, utterance iter.Seq[*Sound])
	// Moments divides an utterance into moments of n sounds each, the last one
	// perhaps shorter, and calls yield for each with its first sound. The moment
	// is valid during the call.
	Moments(utterance iter.Seq[*Sound], n int, yield func(first *Sound, m *Moment))
	// Remember returns what Again needs of an utterance that has closed, nil where Again
	// needs nothing.
	Remember(utterance iter.Seq[*Sound]) []float32
	// Outdated reports whether so much has been heard since pairs were made that Renew
	// and Again would change them. It reports that once. At the end of a stream it
	// reports whether anything has been heard since.
	Outdated(end bool) bool
	// Renew brings a sound up to date.
	Renew(s *Sound)
	// Again writes the pair of a remembered utterance to dst, as the listener would make
	// it now. done says that the utterance need not be remembered any longer.
	Again(dst *Stats, remembered []float32) (done bool)
	// Forget drops what the listener keeps to save work. It is called when an utterance has closed,
	// and changes no pair.
	Forget()
	// The state of a listener, for another one of the same model to go on with.
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// Scorer compares voices by a model's whole rule. It owns the working memory and
// is not safe for concurrent use.
type Scorer interface {
	// Update makes v ready for comparisons after a change of its Stats.
	Update(v *Voice)
	// Outline is Update, with the work put off until the first comparison by Score. It is
	// enough for Bound.
	Outline(v *Voice)
	// Freeze is Update for a voice whose pair will only be compared, by Score, Bound or
	// Gain. It may free the memory of the pair; Stats.N stays.
	Freeze(v *Voice)
	// Score returns the normalised score of two voices, which is compared with the
	// threshold of the rule. Score(b, a) is the same to the last bit.
	Score(a, b *Voice) float64
	// Bound returns a value that Score hardly exceeds, at a fraction of the work where
	// the model has a way to find it. Bound(b, a) is the same.
	Bound(a, b *Voice) float64
	// Gain returns how much more likely a moment's frames are from the speaker
	// whose frozen voice is v, taken to be at the mean ŷ = J d of what is known
	// of them, than from the average of all, in nats:
	//
	//	log p(X | ŷ) − log p(X | 0) = ŷᵀ d − ½ ŷᵀ D⁻¹ ŷ
	Gain(v *Voice, m *Moment) float64
	// Adapt makes v, the sum of what a speaker said, ready for Expect: it finds the
	// posterior of the speaker's factors y, for which the sum counts one in f.
	Adapt(v *Voice, f float64)
	// Expect returns by how much the sound of the pair u is expected to be likelier from
	// the adapted speaker than from the average of all, in nats. It is the mean over the
	// posterior N(ŷ, J) of
	//
	//	log p(X | y) − log p(X | 0) = yᵀ d − ½ yᵀ D⁻¹ y
	Expect(v *Voice, u Stats) float64
}

// Sound is a chunk of speech as a [Listener] keeps it until its utterance has
// closed: plain data, to be saved with the state of a stream.
type Sound struct {
	// First is the number of the first frame in the stream.
	First int64
	// Frames are the features as extracted, n×d by rows, where they may be
	// needed again.
	Frames []float32
	// Aligned is empty for models without Gaussians.
	Aligned
}

// Voice is a pair to be compared: what a speaker or an utterance said. After a change of
// Stats the caller tells the [Scorer], by Update or Outline.
type Voice struct {
	// Stats is the pair as summed.
	Stats Stats
	// Memo is what the Scorer derives from Stats. Only the Scorer uses it.
	Memo any
}

// Moment is the pair of a few frames, with D⁻¹ reduced to its diagonal. It answers which
// of the known voices has just been heard. D and DInv have ν elements each. The zero
// value is ready for Reset.
type Moment struct {
	D, DInv []float32
}

// Reset makes m the moment of no frames, for ν eigenvoices.
func (m *Moment) Reset(nu int) {
	if len(m.D) != nu {
		m.D, m.DInv = make([]float32, nu), make([]float32, nu)
		return
	}
	clear(m.D)
	clear(m.DInv)
}

// Gain is [Scorer.Gain] for a speaker at ŷ, in the basis of the moment.
func (m *Moment) Gain(y []float64) float64 {
	sum := 0.0
	d, p := m.D[:len(y)], m.DInv[:len(y)]
	for i, y := range y {
		sum += y * (float64(d[i]) - y*float64(p[i])/2)
	}
	return sum
}
