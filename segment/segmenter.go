package segment

import (
	"fmt"

	"github.com/seed-7adb9000/diarizer/features"
)

// Config are the settings of a [Segmenter], in frames unless said otherwise.
// The zero value of a field stands for its default.
type Config struct {
	// Max is the longest utterance, 300 (3 s).
	Max int
	// Min is the shortest utterance that a change point may leave, 50.
	Min int
	// Context is how many frames on each side of a point are compared, 100.
	Context int
	// Static is how many leading features are compared; all where 0.
	Static int
	// Penalty is λ of the Bayesian information criterion, 4. More finds fewer change
	// points. Neighbouring frames depend on each other, so every difference looks more
	// certain than it is, and λ = 1 finds changes everywhere.
	Penalty float64
}

func (c Config) withDefaults() Config {
	set := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	set(&c.Max, 300)
	set(&c.Min, 50)
	set(&c.Context, 100)
	if c.Penalty == 0 {
		c.Penalty = 4
	}
	return c
}

// Segmenter cuts speech into utterances: where speech pauses, at speaker
// change points inside it, where it passes from one track to another, and after
// Config.Max.
//
// A change point is a peak of the Bayesian information criterion between the
// sound on its two sides (Chen & Gopalakrishnan 1998), each modelled by one
// Gaussian of diagonal covariance.
type Segmenter struct {
	cfg Config

	n       int64 // frames seen
	id      int   // utterances begun
	open    bool
	start   int64 // first frame of the open utterance
	region  int64 // first frame since which all was speech
	pending chunk
	chg     changes
	passes  handover
}

// NewSegmenter returns a Segmenter of frames of dim features.
func NewSegmenter(cfg Config, dim int) (*Segmenter, error) {
	cfg = cfg.withDefaults()
	if cfg.Static == 0 {
		cfg.Static = dim
	}
	switch {
	case dim < 1 || cfg.Static < 1 || cfg.Static > dim:
		return nil, fmt.Errorf("segment: %d of %d features compared: expected 1 to all", cfg.Static, dim)
	case cfg.Min < ChunkFrames || cfg.Max < 2*cfg.Min || cfg.Context < cfg.Min:
		return nil, fmt.Errorf("segment: utterances of %d to %d frames with a context of %d: expected %d ≤ min ≤ context, max ≥ 2·min",
			cfg.Min, cfg.Max, cfg.Context, ChunkFrames)
	}
	return &Segmenter{
		cfg:     cfg,
		pending: newChunk(dim),
		chg:     newChanges(cfg),
	}, nil
}

// Push takes the next frame. at is how far the stream had been heard when Speech was
// decided, in samples. Events are handed to emit in order.
func (s *Segmenter) Push(at int64, f Frame, emit func(Event)) {
	if f.Speech {
		s.speech(at, &f, emit)
	} else {
		s.endRegion(at, emit)
		s.n++
	}
	if frames, ok := s.passes.add(&f); ok {
		s.cut(s.n-frames, at, emit)
	}
	if s.n%ChunkFrames == 0 {
		emit(Event{At: at, Until: s.n * features.Hop})
	}
}

// speech takes the next frame where it is speech.
func (s *Segmenter) speech(at int64, f *Frame, emit func(Event)) {
	if !s.open {
		s.begin(s.n)
		s.region = s.n
		s.chg.reset(s.n)
	}
	s.pending.add(f)
	s.chg.add(f.Features[:s.cfg.Static])
	s.n++
	if s.n%ChunkFrames != 0 {
		return
	}
	s.flushChunk(at, emit)
	if cut, ok := s.chg.peak(s.start, s.n); ok {
		s.closeAt(cut, at, false, emit)
		s.begin(cut)
		s.grow(at, emit)
	}
	if s.n-s.start >= int64(s.cfg.Max+s.cfg.Context) {
		cut := s.chg.best(s.start+int64(s.cfg.Min), s.start+int64(s.cfg.Max))
		s.closeAt(cut, at, false, emit)
		s.begin(cut)
		s.grow(at, emit)
	}
}

// cut divides the open utterance at the point of the grid next to a frame, where another
// voice is known to begin, unless that is within shortestCut of one of its ends.
func (s *Segmenter) cut(frame, at int64, emit func(Event)) {
	cut := (frame + ChunkFrames/2) / ChunkFrames * ChunkFrames
	if !s.open || cut-s.start < shortestCut || s.n-cut < shortestCut {
		return
	}
	s.closeAt(cut, at, false, emit)
	s.begin(cut)
	s.grow(at, emit)
}

// shortestCut is the shortest utterance that cut leaves, in frames.
const shortestCut = 20

// Flush ends the stream, as a pause would.
func (s *Segmenter) Flush(at int64, emit func(Event)) { s.endRegion(at, emit) }

// Skip tells that frames are missing from the stream: n of them, lost before
// the next Push. It ends the open utterance. Of the points of the grid on the way only
// the last one has an event.
func (s *Segmenter) Skip(n, at int64, emit func(Event)) {
	s.endRegion(at, emit)
	s.passes = handover{}
	s.n += n
	if grid := s.n - s.n%ChunkFrames; grid > s.n-n {
		emit(Event{At: at, Until: grid * features.Hop})
	}
}

func (s *Segmenter) endRegion(at int64, emit func(Event)) {
	if !s.open {
		return
	}
	s.flushChunk(at, emit)
	for s.n-s.start > int64(s.cfg.Max) {
		cut := s.chg.best(s.start+int64(s.cfg.Min), min(s.start+int64(s.cfg.Max), s.n-int64(s.cfg.Min)))
		s.closeAt(cut, at, false, emit)
		s.begin(cut)
		s.grow(at, emit)
	}
	s.closeAt(s.n, at, true, emit)
	s.open = false
}

func (s *Segmenter) begin(frame int64) {
	s.id++
	s.open = true
	s.start = frame
}

// flushChunk hands over the frames of the chunk being filled.
func (s *Segmenter) flushChunk(at int64, emit func(Event)) {
	if s.pending.empty() {
		return
	}
	ev := Event{Utterance: s.utterance(s.n), At: at, Until: s.n * features.Hop, FrameStart: (s.n - s.pending.frames()) * features.Hop}
	s.pending.into(&ev)
	emit(ev)
	s.pending.clear()
}

// grow tells of an utterance that began with frames handed over before.
func (s *Segmenter) grow(at int64, emit func(Event)) {
	emit(Event{Utterance: s.utterance(s.n), At: at, Until: s.n * features.Hop})
}

func (s *Segmenter) closeAt(end, at int64, pause bool, emit func(Event)) {
	emit(Event{Utterance: s.utterance(end), At: at, Until: s.n * features.Hop, Closed: true, Rest: end * features.Hop, Pause: pause})
}

func (s *Segmenter) utterance(end int64) Utterance {
	return Utterance{ID: s.id, Start: s.start * features.Hop, End: end * features.Hop}
}
