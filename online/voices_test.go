package online

import (
	"math/rand/v2"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
	"github.com/seed-7adb9000/diarizer/segment"
)

// world is a random model and speakers drawn from it, for streams whose truth
// is known.
type world struct {
	m      *eigenvoice.Model
	rng    *rand.Rand
	voices [][]float64 // s = m + V y of each speaker, M×d
	n      int64       // frames so far
	id     int

	regularisation float64 // of the model's rule
}

// model returns the world's model, with its regularisation.
func (w *world) model() model.Model { return regularised{w.m, w.regularisation} }

// regularised is a model with another regularisation.
type regularised struct {
	model.Model
	by float64
}

func (m regularised) Rule() model.Rule {
	r := m.Model.Rule()
	r.Regularisation = m.by
	return r
}

const worldDim, worldGaussians, worldNu = 6, 8, 5

func newWorld(seed uint64, speakers int) *world {
	rng := rand.New(rand.NewPCG(seed, 99))
	const size = worldGaussians * worldDim
	m := &eigenvoice.Model{
		Features:    features.Config{Ceps: worldDim, Filters: 20, LowHz: 100, HighHz: 3800},
		FeatureMean: make([]float64, worldDim),
		Weights:     make([]float64, worldGaussians),
		Means:       make([]float64, size),
		Vars:        make([]float64, size),
		V:           make([]float64, size*worldNu),
		Nu:          worldNu,
		Phi:         0.3,
		Slope:       1,
	}
	for k := range m.Weights {
		m.Weights[k] = 1.0 / worldGaussians
	}
	for i := range m.Means {
		m.Means[i] = 5 * rng.NormFloat64()
		m.Vars[i] = 1
	}
	for i := range m.V {
		m.V[i] = 0.4 * rng.NormFloat64()
	}
	w := &world{m: m, rng: rng}
	for range speakers {
		y := make([]float64, worldNu)
		for i := range y {
			y[i] = rng.NormFloat64()
		}
		s := make([]float64, size)
		for i := range s {
			s[i] = m.Means[i]
			for j := range y {
				s[i] += m.V[i*worldNu+j] * y[j]
			}
		}
		w.voices = append(w.voices, s)
	}
	return w
}

// say has a speaker talk for n frames after a pause, and hands the events of
// the segmentation to push.
func (w *world) say(speaker, n, pause int, push func(segment.Event)) {
	w.utter(func(int) int { return speaker }, n, pause, push)
}

// utter is say of an utterance whose i-th frame is said by speaker(i).
func (w *world) utter(speaker func(i int) int, n, pause int, push func(segment.Event)) {
	for range pause {
		w.n++
		if w.n%segment.ChunkFrames == 0 {
			push(segment.Event{At: w.n * features.Hop})
		}
	}
	w.id++
	u := segment.Utterance{ID: w.id, Start: w.n * features.Hop}
	var frames []float64
	flush := func() {
		if len(frames) == 0 {
			return
		}
		u.End = w.n * features.Hop
		push(segment.Event{Utterance: u, At: w.n * features.Hop, Frames: frames,
			FrameStart: (w.n - int64(len(frames)/worldDim)) * features.Hop})
		frames = frames[:0]
	}
	for t := range n {
		k := w.rng.IntN(worldGaussians)
		for i := range worldDim {
			frames = append(frames, w.voices[speaker(t)][k*worldDim+i]+w.rng.NormFloat64())
		}
		w.n++
		if w.n%segment.ChunkFrames == 0 {
			flush()
		}
	}
	flush()
	push(segment.Event{Utterance: u, At: w.n * features.Hop, Closed: true, Rest: u.End, Pause: true})
}

// listener applies events as a subscriber does and checks what every stream of
// them promises.
type listener struct {
	t        interface{ Fatalf(string, ...any) }
	turns    map[int]Turn
	open     map[int]bool
	speakers map[int]bool
	at       int64
	events   []Event
}

func newListener(t interface{ Fatalf(string, ...any) }) *listener {
	return &listener{t: t, turns: map[int]Turn{}, open: map[int]bool{}, speakers: map[int]bool{}}
}

func (l *listener) hear(e Event) {
	l.events = append(l.events, e)
	if e.At < l.at {
		l.t.Fatalf("%v at %d after an event at %d", e.Kind, e.At, l.at)
	}
	l.at = e.At
	old, known := l.turns[e.Turn.ID]
	if e.Kind <= TurnWithdrawn && e.Kind != TurnStarted && !known {
		l.t.Fatalf("%v of turn %d, which has not started", e.Kind, e.Turn.ID)
	}
	if e.Kind < TurnWithdrawn && e.Turn.Speaker != Unknown && !l.speakers[e.Turn.Speaker] {
		l.t.Fatalf("%v of turn %d by speaker %d, who does not exist", e.Kind, e.Turn.ID, e.Turn.Speaker)
	}
	if e.Kind < TurnWithdrawn && (e.Turn.End <= e.Turn.Start || e.Turn.End > e.At) {
		l.t.Fatalf("%v of turn %d from %d to %d at %d", e.Kind, e.Turn.ID, e.Turn.Start, e.Turn.End, e.At)
	}
	switch e.Kind {
	case TurnStarted:
		if known {
			l.t.Fatalf("turn %d started twice", e.Turn.ID)
		}
		l.open[e.Turn.ID] = true
	case TurnUpdated:
		l.open[e.Turn.ID] = true
	case TurnEnded:
		if !l.open[e.Turn.ID] {
			l.t.Fatalf("turn %d ended twice", e.Turn.ID)
		}
		delete(l.open, e.Turn.ID)
	case TurnRevised:
		if l.open[e.Turn.ID] {
			l.t.Fatalf("open turn %d revised", e.Turn.ID)
		}
		if old.Speaker == e.Turn.Speaker && old.Start == e.Turn.Start && old.End == e.Turn.End {
			l.t.Fatalf("turn %d revised to what it was", e.Turn.ID)
		}
	case TurnWithdrawn:
		delete(l.turns, e.Turn.ID)
		delete(l.open, e.Turn.ID)
		return
	case SpeakerAdded:
		if l.speakers[e.Speaker] {
			l.t.Fatalf("speaker %d added twice", e.Speaker)
		}
		l.speakers[e.Speaker] = true
		return
	case SpeakerMerged:
		if !l.speakers[e.Speaker] || !l.speakers[e.Into] {
			l.t.Fatalf("speaker %d merged into %d, which do not both exist", e.Speaker, e.Into)
		}
		delete(l.speakers, e.Speaker)
		for id, t := range l.turns {
			if t.Speaker == e.Speaker {
				t.Speaker = e.Into
				l.turns[id] = t
			}
		}
		return
	}
	l.turns[e.Turn.ID] = e.Turn
}

// at returns who speaks at a position.
func (l *listener) speakerAt(pos int64) int {
	for _, t := range l.turns {
		if t.Start <= pos && pos < t.End {
			return t.Speaker
		}
	}
	return Unknown
}
