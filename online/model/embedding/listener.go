package embedding

import (
	"iter"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// listener makes pairs of one stream's utterances. It has no state: what it keeps
// of the network's last run saves work and changes nothing.
type listener struct {
	m      *Model
	net    Embedder
	pairs  pairer
	parts  [][]float32 // of the utterance at hand: the features of its sounds
	vector []float32
	moment model.Moment

	// The run of the network that is kept is of the frames [first, end) of the
	// stream. Parts of it may be embedded where the utterance has closed and
	// nothing has been heard since, so that they are known to belong together.
	first, end int64
	divisible  bool
}

// NewListener implements [model.Model].
func (m *Model) NewListener() model.Listener {
	return &listener{m: m, net: m.Net.NewEmbedder(), pairs: newPairer(m), vector: make([]float32, m.Net.Dim())}
}

// Hear implements [model.Listener].
func (l *listener) Hear(frames []float64, first int64) model.Sound {
	l.Forget() // an utterance that has grown is computed again
	dim, bank := l.m.Features.Dim(), l.m.Features.MelBank
	s := model.Sound{First: first, Frames: make([]float32, 0, len(frames)/dim*bank)}
	for at := dim; at <= len(frames); at += dim {
		for _, v := range frames[at-bank : at] {
			s.Frames = append(s.Frames, float32(v))
		}
	}
	return s
}

// count is the number of frames of a sound.
func (l *listener) count(s *model.Sound) int { return len(s.Frames) / l.m.Features.MelBank }

// Pair implements [model.Listener].
func (l *listener) Pair(dst *model.Stats, utterance iter.Seq[*model.Sound]) {
	from, n := l.hear(utterance)
	if n > 0 {
		l.net.Embed(l.vector, from, from+n)
	}
	l.pairs.into(dst, l.vector, n)
}

// hear runs the network over an utterance, unless its last run holds it, and
// returns where its frames are in that run, and how many they are.
func (l *listener) hear(utterance iter.Seq[*model.Sound]) (from, n int) {
	first, end, whole := int64(-1), int64(-1), true
	l.parts = l.parts[:0]
	defer func() { clear(l.parts) }() // the sounds are not the listener's to keep
	for s := range utterance {
		if first < 0 {
			first, end = s.First, s.First
		}
		whole = whole && s.First == end
		end += int64(l.count(s))
		n += l.count(s)
		l.parts = append(l.parts, s.Frames)
	}
	if n == 0 {
		return 0, 0
	}
	if !whole { // parts of it are not where their numbers say
		l.net.Hear(l.parts...)
		l.first, l.end, l.divisible = 0, 0, false
		return 0, n
	}
	if held := l.first <= first && end <= l.end && l.divisible; held || l.first == first && l.end == end {
		return int(first - l.first), n
	}
	l.net.Hear(l.parts...)
	l.first, l.end, l.divisible = first, end, false
	return 0, n
}

// Moments implements [model.Listener].
func (l *listener) Moments(utterance iter.Seq[*model.Sound], n int, yield func(first *model.Sound, m *model.Moment)) {
	at, _ := l.hear(utterance)
	l.divisible = true
	var first *model.Sound
	have, frames := 0, 0
	flush := func() {
		if frames > 0 {
			l.net.Embed(l.vector, at, at+frames)
			l.pairs.moment(&l.moment, l.vector, frames)
			yield(first, &l.moment)
		}
		at, have, frames = at+frames, 0, 0
	}
	for s := range utterance {
		if have == 0 {
			first = s
		}
		frames += l.count(s)
		if have++; have == n {
			flush()
		}
	}
	flush()
}

// Remember implements [model.Listener]: a pair is made once.
func (l *listener) Remember(iter.Seq[*model.Sound]) []float32 { return nil }

// Outdated implements [model.Listener].
func (l *listener) Outdated(bool) bool { return false }

// Renew implements [model.Listener].
func (l *listener) Renew(*model.Sound) {}

// Again implements [model.Listener]. Nothing is remembered, so that there is nothing
// to make a pair of.
func (l *listener) Again(dst *model.Stats, _ []float32) bool {
	dst.Reset()
	return true
}

// Forget implements [model.Listener].
func (l *listener) Forget() {
	l.first, l.end, l.divisible = 0, 0, false
	l.net.Forget()
}

// AppendBinary implements [encoding.BinaryAppender]. It never fails.
func (l *listener) AppendBinary(b []byte) ([]byte, error) { return b, nil }

// UnmarshalBinary implements [encoding.BinaryUnmarshaler].
func (l *listener) UnmarshalBinary([]byte) error { return nil }
