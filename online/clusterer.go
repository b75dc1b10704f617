package online

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/segment"
)

// Clusterer follows the speakers of one stream. One goroutine feeds it. Its events
// depend on the frames alone.
//
// Its memory, and its work per second of sound, are bounded. An utterance that has left
// the window of Config.Window keeps its speaker, also inside a long turn. Of the
// speakers who spoke before the window, the 64 heard last take part in the clustering.
// The others are parked. A voice that would become a new speaker is first compared with
// the 500 parked speakers heard last, and gets the old number where it matches. Of all
// other speakers only the number is remembered, so that they get a new number when they
// return.
type Clusterer struct {
	cfg          Config
	m            model.Model
	rule         model.Rule
	scorer       model.Scorer
	voice        model.Voice // of the utterance at hand, scratch
	distribution levelDistribution

	looks       [2]look     // by finalLook and draftLook
	look        *look       // the one at hand, scratch
	settled     int64       // what is before it is not drafted any more, in samples
	settledOpen bool        // an utterance of the second look is open at settled
	utts        []utterance // the window, in the order in which they closed; drafts last
	open        *utterance  // the utterance that is growing
	heads       []head      // of the turns that began before the window, by start
	speakers    []speaker   // those in the clustering, by number
	groups      int         // of equal utterances so far
	absent      absent      // the other numbers that were given
	bounds      bounds      // of both
	cut         cutter      // scratch
	links       links       // who is who by what people said
	gifts       []Gift      // and what is whose
	added       []int       // numbers that were nobody's until something was given to them
	next        func(last int) int
	frames      float64 // speech heard, in frames
	review      float64 // speech at which the window is clustered again
	time        timeline
	until       int64     // how far it is decided what is speech, in samples
	units       []unit    // scratch
	levels      []float32 // scratch
}

// utterance is a stretch of speech with its pair and its speaker.
type utterance struct {
	id         int
	start, end int64
	pair       model.Kept // once it has closed
	level      float64    // dBFS, 0 where it is not known
	frames     []float32  // what is remembered of it, see model.Listener
	speaker    int
	given      int // whom people have given it to, 0 where it is the speaker's
	logP, conf float64
	moved      bool // by a review since logP and conf were found
	heard      int  // frames at the last provisional comparison
	created    int  // the speaker who was added for it while it was open, or 0
	draft      bool // a second look will replace it
	track      int  // the voice it is of among those of its place, from 1; 0 where unknown
	crowds     []crowd
	group      int  // of those that are equal
	echo       bool // another of its group counts for it
}

// speaker is a cluster of utterances.
type speaker struct {
	number int
	voice  model.Voice // of all of its utterances, to compare with
	anchor model.Kept  // of those that have left the window
	heard  int64       // where the last of those ends, also of those given to another, in samples
}

// New returns the Clusterer of a new stream.
func New(m model.Model, cfg Config) (*Clusterer, error) {
	cfg = cfg.withDefaults(m.Rule())
	if l := cfg.Limits; l.Min < 0 || l.Max < 0 || (l.Max > 0 && l.Min > l.Max) {
		return nil, fmt.Errorf("online: %d to %d speakers asked for: expected 0 ≤ minimum ≤ maximum", l.Min, l.Max)
	}
	c := &Clusterer{
		cfg:    cfg,
		m:      m,
		rule:   m.Rule(),
		scorer: m.NewScorer(),
		voice:  m.Shape().NewVoice(),
		review: firstReview,
		bounds: defaultBounds(),
		time:   timeline{joinGap: cfg.JoinGap, tolerance: boundaryTolerance},
	}
	c.looks[finalLook].ear = m.NewListener()
	if cfg.Drafts {
		c.looks[draftLook].ear = m.NewListener()
		c.time.tolerance = draftTolerance
	}
	c.look = &c.looks[finalLook]
	return c, nil
}

// The window is clustered again when the speech heard has grown by reviewGrowth since
// the last time, from firstReview frames on. The cost per second stays bounded.
const (
	firstReview  = 300
	reviewGrowth = 1.25
	reviewAtMost = 6000 // frames between two reviews
)

// An open utterance is compared again when it has grown by assignGrowth: a tenth of a
// second adds little to two seconds.
const assignGrowth = 2

// boundaryTolerance is how far a boundary of an ended turn has to move before
// the listener is told, in samples: small moves wait for the end of the stream.
const boundaryTolerance = 4000

// Push takes the next event of the segmentation and emits what it changes.
func (c *Clusterer) Push(ev segment.Event, emit func(Event)) {
	c.look = &c.looks[finalLook]
	if ev.Draft {
		c.look = &c.looks[draftLook]
	}
	again := c.cfg.Drafts && !ev.Draft
	if !again {
		c.until = max(c.until, ev.Until)
	}
	if len(ev.Frames) > 0 {
		c.addChunk(ev)
	}
	switch {
	case ev.Utterance.ID == 0:
		if again {
			c.silent(ev.Until, ev.At, emit)
		}
		c.advance(ev.At, emit)
	case ev.Closed:
		c.close(ev, emit)
	case again:
		c.settledOpen = true // it is told when it is complete
	default:
		c.grow(ev, emit)
	}
}

// advance ends a turn in silence: the stream has been heard up to at.
func (c *Clusterer) advance(at int64, emit func(Event)) {
	if c.open == nil && c.until-c.lastEnd() > c.cfg.JoinGap && slices.ContainsFunc(c.time.told, func(t told) bool { return t.open }) {
		c.sync(at, emit)
	}
}

// Finish ends the stream: the window is clustered a last time and every turn
// is final.
func (c *Clusterer) Finish(at int64, emit func(Event)) {
	c.look = &c.looks[finalLook]
	if len(c.utts) > 0 {
		c.reconsider(c.lastThreshold(), true, at, emit)
	}
	c.until = math.MaxInt64
	c.time.tolerance = 0
	c.sync(at, emit)
}

// lastThreshold is the threshold of the last review. With less speech it lies higher,
// because the odds that a voice has spoken before grow with every second of a
// conversation, and the model's threshold is for more than enoughSpeech. Only the last
// review uses it: before the end, a speaker too many can still be taken back.
func (c *Clusterer) lastThreshold() float64 {
	return c.rule.Threshold + math.Log(enoughSpeech/min(max(c.frames, leastSpeech), enoughSpeech))
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
		c.open = &utterance{id: u.ID, start: u.Start, speaker: c.look.last, logP: math.NaN()}
	}
	c.open.end = u.End
	c.open.level = c.levelOf(u.Start, u.End)
	heard := int((u.End - u.Start) / features.Hop)
	if heard >= c.cfg.MinAssign && float64(heard) >= assignGrowth*float64(c.open.heard) {
		c.open.heard = heard
		c.measure(c.open)
		if c.gated(c.open) {
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
	var orphan int
	if c.cfg.Drafts && !ev.Draft {
		orphan = c.supersede(ev.Utterance.Start, end)
		c.settledOpen = false
	}
	for _, at := range c.cuts(ev.Utterance) {
		ev.Utterance.End, ev.Rest = at, at
		c.conclude(ev, orphan, emit)
		ev.Utterance.Start, orphan = at, 0
	}
	ev.Utterance.End, ev.Rest = end, rest
	c.conclude(ev, orphan, emit)
	c.look.ear.Forget()
	c.sync(ev.At, emit)
	c.trim(ev.At, emit)
	c.park()
}

// conclude settles an utterance on what is known now, before the listener is told.
// orphan is the speaker who was added for what it replaces, or 0.
func (c *Clusterer) conclude(ev segment.Event, orphan int, emit func(Event)) {
	u := utterance{id: ev.Utterance.ID, start: ev.Utterance.Start, end: ev.Utterance.End, created: orphan, draft: ev.Draft}
	if c.open != nil && ev.Draft == c.cfg.Drafts {
		u.created = c.open.created
		c.open = nil
	}
	c.measure(&u)
	u.pair = c.voice.Stats.Keep()
	u.frames = c.look.ear.Remember(c.sounds(u.start, u.end))
	c.tell(&u)
	c.forgetChunks(ev.Rest)
	if c.gated(&u) {
		return // a speaker who was added for it has nobody's voice
	}
	c.decide(&u)
	again := c.join(&u)
	c.claim(&u)
	switch {
	case u.speaker == Unknown && u.created != 0:
		u.speaker = u.created
	case u.speaker == Unknown && c.mayCreate():
		u.speaker = c.add(ev.At, emit)
	case u.created == 0 || c.apart(u.created, u.speaker):
	case u.created < u.speaker && c.onlyDrafted(u.speaker):
		// Both are newcomers, and one person: who was told of first keeps the number.
		c.mergeSpeaker(u.speaker, u.created, ev.At, emit)
		if u.given == u.speaker {
			u.given = u.created
		}
		u.speaker = u.created
	case u.created != u.speaker:
		// The whole of it is somebody known, and the newcomer was nobody.
		c.mergeSpeaker(u.created, u.speaker, ev.At, emit)
	}
	if u.speaker != Unknown {
		c.look.last = u.speaker
	}
	c.insert(u)
	c.prepare(u.speaker)
	if u.given != 0 {
		c.prepare(u.given)
	}
	if again {
		c.prepareAgain(c.reecho())
	}
	if u.draft {
		return
	}
	c.frames += u.pair.N
	if c.frames >= c.review {
		c.review = c.frames + max(1, min(c.frames*(reviewGrowth-1), reviewAtMost))
		c.reconsider(c.rule.Threshold, false, ev.At, emit)
	}
}

// sync tells the listener what is new.
func (c *Clusterer) sync(at int64, emit func(Event)) {
	c.units = c.units[:0]
	for i, h := range c.heads {
		c.units = append(c.units, unit{start: h.start, end: h.end, speaker: h.speaker, given: h.given, utterance: -1 - i, beside: h.beside, conf: h.conf})
	}
	for i := range c.utts {
		c.addUnits(&c.utts[i], unit{utterance: i})
	}
	open := len(c.utts)
	if u := c.open; u != nil && !c.gated(u) {
		c.addUnits(u, unit{utterance: open, open: true})
	}
	sortUnits(c.units)
	c.time.sync(c.units, c.until, at, func(i int) (logP, confidence float64) {
		switch {
		case i == open:
			return c.open.logP, c.open.conf
		case i < 0:
			return c.heads[-1-i].logP, c.heads[-1-i].conf
		}
		return c.rate(i)
	}, emit)
}
