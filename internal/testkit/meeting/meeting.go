// Package meeting makes up the events of meetings: people take turns, speak at
// once, are mistaken for others and told apart again. It is for tests, pictures
// and load; no sound is behind it. The same options give the same events.
package meeting

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

// Options say what meeting to make up. The zero value is a short one.
type Options struct {
	// Stream and Run are the ids, "meeting" and "run1" if empty.
	Stream, Run string
	// Seed chooses one of many meetings.
	Seed uint64
	// Turns is about how many turns to make, 40 if 0.
	Turns int
	// Speakers is how many people take part, 4 if 0.
	Speakers int
	// Names, if any, are found out during the meeting, by speaker.
	Names []string
	// Origin is the wall-clock time of the beginning, a day in 2026 if zero.
	Origin time.Time
}

const rate = event.Rate

// happening is something to encode, at a stream position.
type happening struct {
	at     int64
	encode func(*event.Encoder) event.Event
}

type maker struct {
	r       *rand.Rand
	opts    Options
	id      int
	at      int64
	known   map[int]bool
	spoken  map[int]int // turns by speaker
	last    int         // the last to speak
	script  []happening
	aliases int // made-up speakers merged away so far
}

// Events returns a whole run, from its start to its end.
func Events(opts Options) []event.Event {
	opts.Stream, opts.Run = cmp.Or(opts.Stream, "meeting"), cmp.Or(opts.Run, "run1")
	opts.Turns, opts.Speakers = cmp.Or(opts.Turns, 40), cmp.Or(opts.Speakers, 4)
	if opts.Origin.IsZero() {
		opts.Origin = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	}
	m := &maker{r: rand.New(rand.NewPCG(opts.Seed, 5)), opts: opts, known: map[int]bool{}, spoken: map[int]int{}}
	for range opts.Turns {
		m.turn()
	}
	var lag time.Duration
	now := opts.Origin
	enc := &event.Encoder{Stream: opts.Stream, Run: opts.Run, Now: func() time.Time { return now }}
	events := []event.Event{enc.Start(event.Source{Name: opts.Stream, Origin: opts.Origin, Program: "diarizer"})}
	slices.SortStableFunc(m.script, func(a, b happening) int { return cmp.Compare(a.at, b.at) })
	for i, h := range m.script {
		lag = time.Duration(60+i*7%90) * time.Millisecond
		now = opts.Origin.Add(event.Time(h.at).Duration() + lag)
		events = append(events, h.encode(enc))
	}
	end := max(m.at, m.script[len(m.script)-1].at) + 2*rate
	now = opts.Origin.Add(event.Time(end).Duration() + lag)
	return append(events, enc.Finish(end, event.Finished, ""))
}

func (m *maker) say(at int64, encode func(*event.Encoder) event.Event) {
	m.script = append(m.script, happening{at, encode})
}

func (m *maker) decide(e online.Event) {
	m.say(e.At, func(enc *event.Encoder) event.Event { return online.Encode(enc, e) })
}

// speaker chooses who speaks next: the first ones most often, and rarely the
// same as before.
func (m *maker) speaker() int {
	for {
		n := min(m.opts.Speakers, len(m.spoken)+1)
		if s := 1 + min(m.r.IntN(n), m.r.IntN(m.opts.Speakers)); s != m.last || m.opts.Speakers == 1 || m.r.IntN(8) == 0 {
			return s
		}
	}
}

func (m *maker) seconds(low, high float64) int64 {
	return int64((low+(high-low)*m.r.Float64())*100) * (rate / 100)
}

// turn makes a turn, from a first guess to the corrections after its end.
func (m *maker) turn() {
	s := m.speaker()
	m.last = s
	m.spoken[s]++
	start := m.at + m.seconds(0.15, 1.3)
	if m.r.IntN(10) == 0 {
		start = max(0, m.at-m.seconds(0.2, 1.2)) // does not wait
	}
	length := m.seconds(0.6, 4)
	if m.r.IntN(3) == 0 {
		length += m.seconds(2, 18)
	}
	end := start + length
	m.at = max(m.at, end)
	m.id++
	t := online.Turn{ID: m.id, Start: start, End: start + rate/10, State: online.Provisional}
	m.decide(online.Event{Kind: online.TurnStarted, At: start + rate/5, Turn: t})

	heard := start + rate*9/10
	if !m.known[s] {
		m.known[s] = true
		m.decide(online.Event{Kind: online.SpeakerAdded, At: heard, Speaker: s})
	}
	guess := s
	if m.r.IntN(9) == 0 && len(m.spoken) > 1 {
		guess = m.other(s)
	}
	for at := heard; at < end; at += rate {
		if at > heard+2*rate {
			guess = s
		}
		t.End, t.Speaker = at-rate/10, guess
		t.Confidence, t.LogP = 0.5+0.5*m.r.Float64(), 3+10*m.r.Float64()
		m.decide(online.Event{Kind: online.TurnUpdated, At: at, Turn: t})
	}
	t.Speaker, t.End, t.State = guess, end, online.Final
	t.Confidence, t.LogP = 0.8+0.2*m.r.Float64(), 5+10*m.r.Float64()
	told := end + rate*7/20
	m.decide(online.Event{Kind: online.TurnEnded, At: told, Turn: t})
	if guess != s || m.r.IntN(7) == 0 {
		t.Speaker, t.State = s, online.Revised
		t.End += m.seconds(-0.2, 0.2)
		m.decide(online.Event{Kind: online.TurnRevised, At: told + m.seconds(2, 6), Turn: t})
	}
	m.around(told, s)
}

func (m *maker) other(than int) int {
	for {
		if s := 1 + m.r.IntN(m.opts.Speakers); s != than && m.known[s] {
			return s
		} else if len(m.known) < 2 {
			return than
		}
	}
}

// around adds what else happens: names, gaps, reports, and now and then a
// newcomer who turns out to be somebody known.
func (m *maker) around(at int64, s int) {
	if s <= len(m.opts.Names) && m.spoken[s] == 2 {
		name := m.opts.Names[s-1]
		m.say(at, func(enc *event.Encoder) event.Event { return enc.Identify(at, s, name, 0.94) })
	}
	if m.id%12 == 9 {
		from := m.at + rate/5
		m.at = from + m.seconds(0.3, 1.5)
		to := m.at
		m.say(to, func(enc *event.Encoder) event.Event { return enc.Gap(from, to) })
	}
	if m.id%4 == 0 {
		m.say(at, func(enc *event.Encoder) event.Event {
			return enc.Status(at, event.Status{Queued: 1, Lag: 0.1})
		})
	}
	if m.id%25 != 14 {
		return
	}
	m.aliases++
	alias := m.opts.Speakers + m.aliases
	m.id++
	start := m.at + rate/3
	m.at = start + m.seconds(1.5, 3)
	t := online.Turn{ID: m.id, Speaker: alias, Start: start, End: m.at, Confidence: 0.6, LogP: -1, State: online.Final}
	open := t
	open.State, open.End = online.Provisional, start+rate
	m.decide(online.Event{Kind: online.SpeakerAdded, At: start + rate, Speaker: alias})
	m.decide(online.Event{Kind: online.TurnStarted, At: start + rate, Turn: open})
	m.decide(online.Event{Kind: online.TurnEnded, At: m.at + rate/2, Turn: t})
	m.decide(online.Event{Kind: online.SpeakerMerged, At: m.at + 6*rate, Speaker: alias, Into: s})
}

// Play hands events to sink at the pace at which they were heard, speed times
// as fast; speed 0 does not wait. It returns the first error of sink, or
// ctx.Err.
func Play(ctx context.Context, events []event.Event, speed float64, sink func(event.Event) error) error {
	began := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for _, e := range events {
		if speed > 0 {
			timer.Reset(time.Until(began.Add(time.Duration(float64(e.At.Duration()) / speed))))
			select {
			case <-timer.C:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err := sink(e); err != nil {
			return err
		}
	}
	return ctx.Err()
}
