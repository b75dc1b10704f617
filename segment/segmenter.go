package segment

import "fmt"

// AtomFrames is the length of an atom in frames: 100 ms. Atoms lie on a grid
// from the start of the stream, and utterances begin and end on it or at an
// edge of speech.
const AtomFrames = 10

// Tracks is the number of voices that are told apart in one place.
const Tracks = 3

// Utterance is a stretch of speech of one speaker, as far as the sound alone
// can tell.
type Utterance struct {
	// ID counts the stream's utterances from 1.
	ID int
	// Start and End are in samples since the start of the stream.
	Start, End int64
}

// Event says that an utterance has grown or is complete. The utterances of a
// stream come one after the other: an event of the next one follows the
// closing event of the one before.
type Event struct {
	// Utterance as it is now. An open utterance may still be cut: it is then
	// closed at an End before the one last told, and what was beyond it is
	// the beginning of the next.
	Utterance Utterance
	// At is how far the stream had been heard, in samples.
	At int64
	// Until is how far it is decided what is speech, in samples.
	Until int64
	// Frames are the feature frames new with this event, by rows,
	// none or those of one atom. They are valid during the call only.
	Frames []float64
	// FrameStart is the position of the first of Frames, in samples.
	FrameStart int64
	// Level is that of the sound behind Frames in dBFS, or 0 where it is not
	// known. The segmentation leaves it to who knows the sound.
	Level float64
	// Crowd says that two or more people speak in Frames.
	Crowd bool
	// Two is the probability that they do, where somebody listens for that.
	Two float32
	// Tracks say how active each of the voices is in Frames, from 0 to 1, that
	// somebody who listens to them tells apart; all 0 where nobody does. A voice
	// keeps its track for some seconds only.
	Tracks [Tracks]float32
	// Draft says that the event is of a first look at the sound, and that one of a
	// second look at the same sound follows later and is meant to replace it.
	Draft bool
	// Closed says that Utterance is complete.
	Closed bool
	// Rest is set where Closed: every utterance that is yet to close starts
	// there or later, in samples.
	Rest int64
	// Pause says that a closed utterance ends where speech ends, rather than
	// at a change point or because it was long.
	Pause bool
}

// Config are the settings of a [Segmenter], in frames unless said otherwise.
// The zero value of a field stands for its default.
type Config struct {
	// Max is the longest utterance, 300 (3 s).
	Max int
	// Min is the shortest utterance that a change point may leave, 50.
	Min int
	// Context is how much sound on each side of a point is compared, 100.
	Context int
	// Static is how many leading features are compared; all where 0.
	Static int
	// Penalty is λ of the Bayesian information criterion, 4. Neighbouring frames
	// depend on each other, which makes every difference look more certain
	// than it is, so that λ = 1 finds changes everywhere. A larger one finds
	// fewer change points.
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
// change points inside it, and after Config.Max.
//
// A change point is a peak of the Bayesian information criterion between the
// sound on its two sides (Chen & Gopalakrishnan 1998), each modelled by one
// Gaussian of diagonal covariance.
type Segmenter struct {
	cfg Config
	dim int

	n       int64 // frames seen
	id      int   // utterances begun
	open    bool
	start   int64     // first frame of the open utterance
	region  int64     // first frame since which all was speech
	pending []float64 // frames of the atom being filled, by rows
	chg     changes
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
	case cfg.Min < AtomFrames || cfg.Max < 2*cfg.Min || cfg.Context < cfg.Min:
		return nil, fmt.Errorf("segment: utterances of %d to %d frames with a context of %d: expected %d ≤ min ≤ context, max ≥ 2·min",
			cfg.Min, cfg.Max, cfg.Context, AtomFrames)
	}
	return &Segmenter{
		cfg:     cfg,
		dim:     dim,
		pending: make([]float64, 0, AtomFrames*dim),
		chg:     newChanges(cfg),
	}, nil
}

// Push takes the next frame and whether it is speech. at is how far the stream
// had been heard when that was decided, in samples. Events are handed to emit
// in order.
func (s *Segmenter) Push(at int64, speech bool, frame []float64, emit func(Event)) {
	if !speech {
		s.endRegion(at, emit)
		s.n++
		return
	}
	if !s.open {
		s.begin(s.n)
		s.region = s.n
		s.chg.reset(s.n)
	}
	s.pending = append(s.pending, frame...)
	s.chg.add(frame[:s.cfg.Static])
	s.n++
	if s.n%AtomFrames != 0 {
		return
	}
	s.flushAtom(at, emit)
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

// Cut divides the open utterance at a frame, or the grid point next to it, where somebody
// else is known to begin, unless that is within shortestCut of one of its ends.
func (s *Segmenter) Cut(frame, at int64, emit func(Event)) {
	cut := (frame + AtomFrames/2) / AtomFrames * AtomFrames
	if !s.open || cut-s.start < shortestCut || s.n-cut < shortestCut {
		return
	}
	s.closeAt(cut, at, false, emit)
	s.begin(cut)
	s.grow(at, emit)
}

// shortestCut is the shortest utterance that Cut leaves, in frames.
const shortestCut = 20

// Flush ends the stream, as a pause would.
func (s *Segmenter) Flush(at int64, emit func(Event)) { s.endRegion(at, emit) }

// Skip tells that frames are missing from the stream: n of them, lost before
// the next Push. It ends the open utterance.
func (s *Segmenter) Skip(n, at int64, emit func(Event)) {
	s.endRegion(at, emit)
	s.n += n
}

func (s *Segmenter) endRegion(at int64, emit func(Event)) {
	if !s.open {
		return
	}
	s.flushAtom(at, emit)
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

// flushAtom hands over the frames of the atom being filled.
func (s *Segmenter) flushAtom(at int64, emit func(Event)) {
	if len(s.pending) == 0 {
		return
	}
	first := s.n - int64(len(s.pending)/s.dim)
	emit(Event{Utterance: s.utterance(s.n), At: at, Until: s.n * Hop, Frames: s.pending, FrameStart: first * Hop})
	s.pending = s.pending[:0]
}

// grow tells of an utterance that began with frames handed over before.
func (s *Segmenter) grow(at int64, emit func(Event)) {
	emit(Event{Utterance: s.utterance(s.n), At: at, Until: s.n * Hop})
}

func (s *Segmenter) closeAt(end, at int64, pause bool, emit func(Event)) {
	emit(Event{Utterance: s.utterance(end), At: at, Until: s.n * Hop, Closed: true, Rest: end * Hop, Pause: pause})
}

func (s *Segmenter) utterance(end int64) Utterance {
	return Utterance{ID: s.id, Start: s.start * Hop, End: end * Hop}
}
