package online

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/segment"
)

// Config are the settings of a [Clusterer]. The zero value of a field stands
// for its default.
type Config struct {
	// Limits bound the number of speakers, 0 for no bound.
	Limits Limits
	// MinCreate is how much speech makes a new speaker, in frames; 100.
	MinCreate int
	// Evidence is how much speech of an open utterance is compared before it
	// is given a provisional speaker, in frames; 50.
	Evidence int
	// Stay is the log prior odds for the speaker who spoke last; 1.
	Stay float64
	// JoinGap is the longest pause inside a turn, in samples; 0.4 s.
	JoinGap int64
	// Faint is by how many decibels an utterance has to lie below the speech of
	// the stream to be taken for somebody in the background, who is left out;
	// 20. −1 keeps everybody.
	Faint float64
	// Whole keeps utterances as they come, as given ones should be, instead of
	// cutting them where known speakers have taken turns in them.
	Whole bool
	// Window is how many utterances can still be assigned anew; 80.
	Window int
}

func (c Config) withDefaults() Config {
	if c.MinCreate == 0 {
		c.MinCreate = 100
	}
	if c.Evidence == 0 {
		c.Evidence = 50
	}
	if c.Stay == 0 {
		c.Stay = 1
	}
	if c.JoinGap == 0 {
		c.JoinGap = 6400
	}
	if c.Faint == 0 {
		c.Faint = 20
	}
	if c.Window == 0 {
		c.Window = 80
	}
	return c
}

// Clusterer follows the speakers of one stream. It is a plain value fed by one
// goroutine; its events depend on the frames alone.
type Clusterer struct {
	cfg    Config
	m      *model.Model
	acc    *model.Accumulator
	scorer *model.Scorer
	voice  model.Voice // of the utterance at hand, scratch
	loud   loudness
	norm   *segment.Normalizer

	atoms    []atom      // of utterances that have not closed, by start
	utts     []utterance // the window, in the order in which they closed
	open     *utterance  // the utterance that is growing
	speakers []speaker   // speakers[i] has ID i+1
	cut      cutter      // scratch
	links    links       // who is who by what people said
	last     int         // who spoke last
	frames   float64     // speech heard, in frames
	review   float64     // speech at which the window is clustered anew
	time     timeline
	until    int64     // how far it is decided what is speech, in samples
	units    []unit    // scratch
	levels   []float32 // scratch
	x        []float64 // scratch, one frame
	heard    int       // frames in the running mean
	aligned  int       // what heard has to reach before atoms are aligned anew
}

// utterance is a stretch of speech with its pair and its speaker.
type utterance struct {
	id         int
	start, end int64
	pair       model.Kept // once it has closed
	level      float64    // dBFS, 0 where it is not known
	frames     []float32  // its features while they may have to be aligned anew
	speaker    int
	logP, conf float64
	moved      bool // by a review since logP and conf were found
	heard      int  // frames at the last provisional comparison
	created    int  // the speaker who was added for it while it was open, or 0
}

// speaker is a cluster of utterances.
type speaker struct {
	voice  model.Voice // of all of its utterances, to compare with
	anchor model.Kept  // of those that have left the window
	into   int         // the speaker that this one was merged into, or 0
}

// New returns the Clusterer of a new stream.
func New(m *model.Model, cfg Config) (*Clusterer, error) {
	cfg = cfg.withDefaults()
	if l := cfg.Limits; l.Min < 0 || l.Max < 0 || (l.Max > 0 && l.Min > l.Max) {
		return nil, fmt.Errorf("online: %d to %d speakers asked for: expected 0 ≤ minimum ≤ maximum", l.Min, l.Max)
	}
	c := &Clusterer{
		cfg:     cfg,
		m:       m,
		acc:     m.NewAccumulator(),
		scorer:  m.NewScorer(),
		voice:   model.NewVoice(m.Nu),
		norm:    segment.NewNormalizer(m.FeatureMean, m.Features.MeanPrior),
		x:       make([]float64, m.Dim()),
		aligned: firstAlignment,
		review:  firstReview,
		time:    timeline{joinGap: cfg.JoinGap, tolerance: boundaryTolerance},
	}
	return c, nil
}

// The window is clustered anew when the speech heard has grown by reviewGrowth
// since the last time, from firstReview frames on, so that the cost per second
// stays bounded.
const (
	firstReview  = 300
	reviewGrowth = 1.25
	reviewAtMost = 6000 // frames between two reviews
)

// An open utterance is compared anew when it has grown by evidenceGrowth: what a
// tenth of a second adds to two is little.
const evidenceGrowth = 2

// boundaryTolerance is how far a boundary of an ended turn has to move before
// the listener is told, in samples: small moves wait for the end of the stream.
const boundaryTolerance = 4000

// Push takes the next event of the segmentation and emits what it changes.
func (c *Clusterer) Push(ev segment.Event, emit func(Event)) {
	c.until = max(c.until, ev.Until)
	if len(ev.Frames) > 0 {
		c.addAtom(ev)
	}
	if ev.Utterance.ID == 0 {
		c.advance(ev.At, emit)
		return
	}
	if !ev.Closed {
		c.grow(ev, emit)
		return
	}
	c.close(ev, emit)
}

// advance ends a turn in silence: the stream has been heard up to at.
func (c *Clusterer) advance(at int64, emit func(Event)) {
	if n := len(c.time.told); n > 0 && c.open == nil {
		if last := c.time.told[n-1]; last.open && c.until-c.lastEnd() > c.cfg.JoinGap {
			c.sync(at, emit)
		}
	}
}

// Finish ends the stream: the window is clustered a last time and every turn
// is final.
func (c *Clusterer) Finish(at int64, emit func(Event)) {
	if len(c.utts) > 0 {
		c.aligned = c.heard
		c.reconsider(c.lastThreshold(), at, emit)
	}
	c.until = math.MaxInt64
	c.time.tolerance = 0
	c.sync(at, emit)
}

// lastThreshold is what scores are held against when all has been heard. The less
// that is, the higher it lies: the odds that whoever speaks has spoken before grow
// with every second of a conversation, and the model's threshold is for more than
// enoughSpeech. While more is to come a speaker too many would be taken back before
// the listener, so that only the last review begins higher.
func (c *Clusterer) lastThreshold() float64 {
	return c.m.Threshold + math.Log(enoughSpeech/min(max(c.frames, leastSpeech), enoughSpeech))
}

// Bounds of the speech by which lastThreshold goes, in frames.
const (
	leastSpeech  = 800
	enoughSpeech = 10000
)

// lastEnd is where the speech so far ends.
func (c *Clusterer) lastEnd() int64 {
	if n := len(c.utts); n > 0 {
		return c.utts[n-1].end
	}
	return math.MinInt64 / 2
}

// grow follows an open utterance: it is told at once, with the last speaker
// until there is enough of it to compare.
func (c *Clusterer) grow(ev segment.Event, emit func(Event)) {
	u := ev.Utterance
	if c.open == nil || c.open.id != u.ID {
		c.open = &utterance{id: u.ID, start: u.Start, speaker: c.last, logP: math.NaN()}
	}
	c.open.end = u.End
	c.open.level = c.levelOf(u.Start, u.End)
	heard := int((u.End - u.Start) / segment.Hop)
	if heard >= c.cfg.Evidence && float64(heard) >= evidenceGrowth*float64(c.open.heard) {
		c.open.heard = heard
		c.measure(c.open)
		if c.faint(c.open) {
			c.sync(ev.At, emit)
			return
		}
		c.decide(c.open)
		if c.open.speaker == Unknown && c.open.created != 0 {
			c.open.speaker = c.open.created
		} else if c.open.speaker == Unknown && c.mayCreate() {
			c.open.created = c.add(ev.At, emit)
			c.open.speaker = c.open.created
		}
	}
	c.sync(ev.At, emit)
}

// close takes in an utterance that is complete, or its parts where known speakers
// have taken turns in it.
func (c *Clusterer) close(ev segment.Event, emit func(Event)) {
	end, rest := ev.Utterance.End, ev.Rest
	for _, at := range c.cuts(ev.Utterance) {
		ev.Utterance.End, ev.Rest = at, at
		c.conclude(ev, emit)
		ev.Utterance.Start = at
	}
	ev.Utterance.End, ev.Rest = end, rest
	c.conclude(ev, emit)
	c.sync(ev.At, emit)
	c.trim()
}

// conclude settles an utterance on what is known now, before the listener is told.
func (c *Clusterer) conclude(ev segment.Event, emit func(Event)) {
	u := utterance{id: ev.Utterance.ID, start: ev.Utterance.Start, end: ev.Utterance.End}
	if c.open != nil {
		u.created = c.open.created
		c.open = nil
	}
	c.measure(&u)
	u.pair = c.voice.Stats.Keep()
	c.remember(&u)
	c.forgetAtoms(ev.Rest)
	if c.faint(&u) {
		return // a speaker who was added for it has nobody's voice
	}
	c.decide(&u)
	switch {
	case u.speaker == Unknown && u.created != 0:
		u.speaker = u.created
	case u.speaker == Unknown && c.mayCreate():
		u.speaker = c.add(ev.At, emit)
	case u.created != 0:
		// The whole of it is somebody known, and the newcomer was nobody.
		c.mergeSpeaker(u.created, u.speaker, ev.At, emit)
	}
	if u.speaker != Unknown {
		c.last = u.speaker
	}
	c.utts = append(c.utts, u)
	c.settle(u.speaker)
	c.frames += u.pair.N
	if c.frames >= c.review {
		c.review = c.frames + max(1, min(c.frames*(reviewGrowth-1), reviewAtMost))
		c.reconsider(c.m.Threshold, ev.At, emit)
	}
}

// decide gives u, the utterance at hand, the speaker of largest posterior among
// those known, or Unknown where a new one is more probable. The scores are
//
//	log P(H1 | u, s) + log W + prior,
//
// and the threshold stands for log W and the odds of a newcomer.
func (c *Clusterer) decide(u *utterance) {
	best, bestLogP, bestScore := Unknown, math.NaN(), c.m.Threshold
	sum := 0.0
	first := true
	add := func(score float64) { // log-sum-exp over the alternatives
		if first {
			sum, first = score, false
			return
		}
		hi, lo := max(sum, score), min(sum, score)
		sum = hi + math.Log1p(math.Exp(lo-hi))
	}
	full := c.full()
	if full {
		bestScore = math.Inf(-1)
	} else {
		add(c.m.Slope * c.m.Threshold)
	}
	for i := range c.speakers {
		if c.speakers[i].into != 0 || c.links.alias(i+1) || c.hopeless(i+1, bestScore) {
			continue
		}
		logP, who := c.compare(&c.voice, i+1)
		if who == Unknown {
			continue
		}
		score := logP
		if c.links.same(who, c.last) {
			score += c.cfg.Stay
		}
		add(c.m.Slope * score)
		if score > bestScore {
			best, bestLogP, bestScore = who, logP, score
		}
	}
	if best == Unknown && int(c.voice.Stats.N) < c.cfg.MinCreate && c.last != Unknown {
		best = c.last // too short to be anybody new
	}
	u.speaker, u.logP = best, bestLogP
	u.conf = math.Exp(min(0, c.m.Slope*bestScore-sum))
}

// hopeless says whether speaker s is out of the question for the utterance at
// hand: at most one in e³ as probable as that which scores best so far.
func (c *Clusterer) hopeless(s int, best float64) bool {
	return s != c.last && c.m.Slope*(c.bound(&c.voice, s)-best) < -3
}

// bound returns what v and speaker s would hardly exceed in compare, +Inf where
// nobody knows.
func (c *Clusterer) bound(v *model.Voice, s int) float64 {
	t := &c.speakers[s-1].voice
	if len(c.links.group) > 0 || t.Stats.N <= 0 {
		return math.Inf(1)
	}
	return c.scorer.Bound(v, t)
}

// full says whether no speaker may be added any more.
func (c *Clusterer) full() bool {
	l := c.limits()
	return l.Max > 0 && c.count() >= l.Max
}

// count is the number of speakers that stand.
func (c *Clusterer) count() int {
	n := 0
	for i := range c.speakers {
		if c.speakers[i].into == 0 {
			n++
		}
	}
	return n
}

// mayCreate says whether the utterance at hand may be somebody new.
func (c *Clusterer) mayCreate() bool {
	return !c.full() && (int(c.voice.Stats.N) >= c.cfg.MinCreate || len(c.speakers) == 0)
}

// add makes a new speaker and returns its number.
func (c *Clusterer) add(at int64, emit func(Event)) int {
	c.speakers = append(c.speakers, speaker{
		anchor: model.NewStats(c.m.Nu).Keep(),
	})
	emit(Event{Kind: SpeakerAdded, At: at, Speaker: len(c.speakers)})
	return len(c.speakers)
}

// sync tells the listener what is new.
func (c *Clusterer) sync(at int64, emit func(Event)) {
	c.units = c.units[:0]
	for i, u := range c.utts {
		c.units = append(c.units, unit{start: u.start, end: u.end, speaker: u.speaker, utterance: i})
	}
	open := len(c.utts)
	if u := c.open; u != nil && !c.faint(u) {
		c.units = append(c.units, unit{start: u.start, end: u.end, speaker: u.speaker, utterance: open, open: true})
	}
	sortUnits(c.units)
	c.time.sync(c.units, c.until, at, func(i int) (logP, confidence float64) {
		if i == open {
			return c.open.logP, c.open.conf
		}
		return c.rate(i)
	}, emit)
}

// trim lets the oldest utterances go, whole turns at a time, once there are
// more than the window holds.
func (c *Clusterer) trim() {
	drop := len(c.utts) - c.cfg.Window
	if drop <= 0 {
		return
	}
	// A turn that has begun before the cut and goes on after it stays whole.
	for drop < len(c.utts) && c.insideTurn(c.utts[drop].start) {
		drop++
	}
	if drop >= len(c.utts) {
		return
	}
	var moved []int
	for i := range c.speakers {
		if c.speakers[i].leave(c.utts[:drop], i+1) {
			moved = append(moved, i+1)
		}
	}
	before := c.utts[drop].start
	for _, u := range c.utts[drop:] { // given utterances are in the order of their ends
		before = min(before, u.start)
	}
	c.utts = slices.Delete(c.utts, 0, drop)
	for _, s := range moved {
		c.settle(s)
	}
	c.time.forget(before)
}

// leave adds what the speaker of the given number said in utts, which leave the
// window, to the anchor, and reports whether that was anything.
func (s *speaker) leave(utts []utterance, number int) bool {
	if !slices.ContainsFunc(utts, func(u utterance) bool { return u.speaker == number }) {
		return false
	}
	sum := s.anchor.Stats()
	for _, u := range utts {
		if u.speaker == number {
			sum.AddKept(u.pair)
		}
	}
	s.anchor = sum.Keep()
	return true
}

// insideTurn says whether a turn begins before pos and goes on beyond it.
func (c *Clusterer) insideTurn(pos int64) bool {
	for _, t := range c.time.told {
		if t.Start < pos && pos < t.End {
			return true
		}
	}
	return false
}
