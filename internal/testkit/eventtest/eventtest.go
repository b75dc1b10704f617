// Package eventtest makes up conversations for tests, as package online might decide them
// and as package event tells of them.
package eventtest

import (
	"math/rand/v2"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

// Wall is a clock that advances by a millisecond whenever it is read.
func Wall() func() time.Time {
	now := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	return func() time.Time {
		now = now.Add(time.Millisecond)
		return now
	}
}

// Conversation makes up what package online might decide about a conversation
// of n turns: people take turns, now and then at once, speakers are added,
// corrected and merged, turns are revised and taken back.
func Conversation(r *rand.Rand, n int) []online.Event {
	c := chat{r: r}
	for range n {
		c.turn()
		if r.IntN(6) == 0 {
			c.revise()
		}
		if r.IntN(12) == 0 {
			c.merge()
		}
	}
	return c.events
}

type chat struct {
	r        *rand.Rand
	at       int64
	id       int
	last     int
	speakers []int
	closed   []online.Turn
	events   []online.Event
}

func (c *chat) emit(kind online.Kind, t online.Turn) {
	c.events = append(c.events, online.Event{Kind: kind, At: c.at, Turn: t})
}

func (c *chat) pass(most int64) { c.at += c.r.Int64N(most) / 160 * 160 }

func (c *chat) speaker() int {
	if len(c.speakers) == 0 || c.r.IntN(10) == 0 {
		c.last++
		c.speakers = append(c.speakers, c.last)
		c.events = append(c.events, online.Event{Kind: online.SpeakerAdded, At: c.at, Speaker: c.last})
	}
	if c.r.IntN(8) == 0 {
		return online.Unknown
	}
	return c.speakers[c.r.IntN(len(c.speakers))]
}

func (c *chat) turn() {
	c.pass(16000)
	start := c.at - c.r.Int64N(min(c.at, 8000)+1)/160*160 // overlaps the one before at times
	c.pass(16000)
	c.id++
	t := online.Turn{ID: c.id, Start: start, End: c.at, Speaker: c.speaker(),
		LogP: c.r.NormFloat64() * 10, Confidence: c.r.Float64(), State: online.Provisional}
	c.emit(online.TurnStarted, t)
	for range c.r.IntN(4) {
		c.pass(16000)
		t.End = c.at
		if c.r.IntN(3) == 0 {
			t.Speaker = c.speaker()
		}
		c.emit(online.TurnUpdated, t)
	}
	c.pass(8000)
	if c.r.IntN(15) == 0 {
		c.emit(online.TurnWithdrawn, t)
		return
	}
	t.End -= c.r.Int64N(t.End-t.Start+1) / 2 / 160 * 160
	t.State = online.Final
	c.emit(online.TurnEnded, t)
	c.closed = append(c.closed, t)
}

func (c *chat) revise() {
	if len(c.closed) == 0 {
		return
	}
	c.pass(3200)
	i := max(0, len(c.closed)-1-c.r.IntN(4))
	t := &c.closed[i]
	t.State = online.Revised
	t.Speaker = c.speaker()
	if c.r.IntN(2) == 0 {
		t.End = t.Start + c.r.Int64N(c.at-t.Start+1)/160*160
	}
	c.emit(online.TurnRevised, *t)
}

func (c *chat) merge() {
	if len(c.speakers) < 2 {
		return
	}
	i := c.r.IntN(len(c.speakers))
	from := c.speakers[i]
	c.speakers = append(c.speakers[:i:i], c.speakers[i+1:]...)
	into := c.speakers[c.r.IntN(len(c.speakers))]
	for i := range c.closed {
		if c.closed[i].Speaker == from {
			c.closed[i].Speaker = into
		}
	}
	c.events = append(c.events, online.Event{Kind: online.SpeakerMerged, At: c.at, Speaker: from, Into: into})
}

// Encoded is a whole run of a [Conversation].
func Encoded(r *rand.Rand, stream string, turns int) []event.Event {
	enc := event.Encoder{Stream: stream, Run: "run-" + stream, Now: Wall()}
	events := []event.Event{enc.Start(event.Source{Name: "the recording"})}
	decisions := Conversation(r, turns)
	for i, d := range decisions {
		events = append(events, online.Encode(&enc, d))
		switch r.IntN(40) {
		case 0:
			events = append(events, enc.Identify(d.At, 1+r.IntN(3), "Änne "+string(rune('A'+i%26)), 0.9))
		case 1:
			events = append(events, enc.Gap(d.At-min(d.At, 1600), d.At))
		case 2:
			events = append(events, enc.Status(d.At, event.Status{Queued: i}))
		}
	}
	return append(events, enc.Finish(int64(events[len(events)-1].At)+1600, event.Finished, ""))
}

// Seeded is a source of random numbers.
func Seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// ApplyAll applies events one by one.
func ApplyAll(t rapid.TB, apply func(event.Event) error, events []event.Event) {
	t.Helper()
	for _, e := range events {
		if err := apply(e); err != nil {
			t.Fatal(err)
		}
	}
}
