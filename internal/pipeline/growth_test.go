package pipeline

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/internal/testkit/raced"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/segment"
)

// load is a stream that grows, whose state and work should not.
type load struct {
	name string
	// feed gives the stream one more part of it, as long as the one before.
	feed func(g *growing)
	// limits, where not nil, are other ones than those of the rest, for a stream that
	// begins again.
	limits *online.Limits
	// before gives the stream what fills it, before anything is measured.
	before func(g *growing)
	// speakers is how many the clusterer has to make of it at least.
	speakers int
}

// loads are what streams are made of that never end, or that somebody sends to do
// harm. To add one, write what a part of it is: TestGrowth does the rest.
//
// Hours of one voice and thousands of voices would take minutes as sound. They are
// given to the clustering as what the segmentation would make of them; what is before
// that sees no voices.
var loads = []load{
	{name: "talk", feed: func(g *growing) {
		g.hear(capture.Block{Start: g.s.At(), Samples: g.talk})
	}},
	{name: "gaps of a day", feed: func(g *growing) {
		for range 10 {
			g.hear(capture.Block{Start: g.s.At() + 24*3600*capture.Rate, Samples: g.talk[:3*capture.Rate]})
		}
	}},
	{name: "a year of packets, each a day on", feed: func(g *growing) {
		for range 365 / parts {
			g.send(natsaudio.Packet{Position: g.sent + 23*3600*capture.Rate, Samples: capture.Rate / 10}, g.talk[20_000:21_600])
		}
	}},
	{name: "packets of one sample, each a minute on", feed: func(g *growing) {
		for range 1100 {
			g.send(natsaudio.Packet{Position: g.sent + 60*capture.Rate, Samples: 1}, []float32{0.5})
		}
	}},
	{name: "an hour of digital silence", feed: func(g *growing) {
		for range 60 / parts {
			g.hear(capture.Block{Start: g.s.At(), Samples: make([]float32, 60*capture.Rate)})
		}
	}},
	{name: "a muted line that is opened for a moment", feed: func(g *growing) {
		for range 10 {
			g.hear(capture.Block{Start: g.s.At(), Samples: make([]float32, 30*capture.Rate)})
			g.hear(capture.Block{Start: g.s.At(), Samples: g.talk[:capture.Rate]})
		}
	}},
	{name: "any bits for samples", feed: func(g *growing) {
		x := make([]float32, 60*capture.Rate)
		for i := range x {
			x[i] = math.Float32frombits(g.rng.Uint32())
		}
		g.hear(capture.Block{Start: g.s.At(), Samples: x})
	}},
	{name: "a sample that is no number in each tenth of a second of talk", feed: func(g *growing) {
		x := slices.Clone(g.talk)
		for i := 0; i < len(x); i += 1600 {
			x[i] = float32(math.NaN())
		}
		g.hear(capture.Block{Start: g.s.At(), Samples: x})
	}},
	{name: "three hours of one voice without a pause", feed: func(g *growing) { g.oneVoice() }},
	{name: "three hours of one voice where only one is expected", limits: &online.Limits{Max: 1}, feed: func(g *growing) { g.oneVoice() }},
	{name: "500 voices, and 500 others, after 3000", limits: &online.Limits{}, speakers: 1000,
		before: func(g *growing) { g.strangers(3000) }, feed: func(g *growing) { g.strangers(500) }},
}

// parts is how many parts of a load are fed and measured.
const parts = 3

// growing is a stream under load.
type growing struct {
	t     *testing.T
	talk  []float32 // some sound
	s     *Stream
	door  *natsaudio.Assembler
	sent  int64 // position behind the last packet
	seq   uint64
	rng   *rand.Rand
	calls int    // of the clusterer
	asked *int   // of the model's scorers
	said  saying // to the clusterer
	voice []float64
	// speakers is the highest number that the clusterer has given to those said.
	speakers int
	heard    float64 // seconds of sound, and a gap for one
}

func (g *growing) hear(b capture.Block) {
	if b.Start > g.s.At() {
		g.heard++
	}
	g.heard += float64(len(b.Samples)) / capture.Rate
	_, err := g.s.front.hear(context.Background(), b, func(ev segment.Event) {
		g.calls++
		g.s.clu.Push(ev, func(online.Event) {})
	})
	if err != nil {
		g.t.Fatal(err)
	}
}

// send gives the stream a packet of sound.
func (g *growing) send(p natsaudio.Packet, samples []float32) {
	g.seq++
	p.Session, p.Seq, p.Encoding, p.Rate, p.Channels = "s", g.seq, natsaudio.S16, capture.Rate, 1
	p.Data = natsaudio.AppendS16(nil, samples)
	g.sent = p.Position + int64(p.Samples)
	if _, err := g.door.Push(p, g.hear); err != nil {
		g.t.Fatal(err)
	}
}

// measured is what a stream takes after a part of its load.
type measured struct {
	state int     // bytes of a snapshot and of the door's state
	heap  int     // bytes
	calls float64 // of the clusterer for each second of sound and each gap
	asked float64 // comparisons of voices, likewise
}

func (g *growing) part(l load) (m measured) {
	g.calls, *g.asked, g.heard = 0, 0, 0
	l.feed(g)
	door, err := g.door.AppendBinary(nil)
	if err != nil {
		g.t.Fatal(err)
	}
	m.state = len(g.s.AppendSnapshot(nil)) + len(door)
	m.calls = float64(g.calls) / max(1, g.heard)
	m.asked = float64(*g.asked) / max(1, g.heard)
	runtime.GC()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	m.heap = int(mem.HeapAlloc)
	return m
}

// mostCalls is how often the clusterer is called for a second of sound, or for the
// silence that a gap costs: ten ticks and some chunks a second.
const mostCalls = 40

// TestGrowth holds that a stream's state, its memory and its work for a second of
// sound stay what they are, whatever comes and for how long.
func TestGrowth(t *testing.T) {
	talk := voices(50)
	asked := 0
	cfg := Config{Model: counted{anyModel(1), &asked}, Online: online.Config{Limits: online.Limits{Max: 4}, Window: 20}}
	grown := newStream(t, cfg)
	for range 4 { // until the window and the running mean are full
		grown.Push(talk, func(online.Event) {})
	}
	began := grown.AppendSnapshot(nil)
	for i, l := range loads {
		if raced.Enabled && i%4 != 0 {
			continue
		}
		t.Run(l.name, func(t *testing.T) {
			door, err := natsaudio.NewAssembler(natsaudio.Options{})
			if err != nil {
				t.Fatal(err)
			}
			s, err := RestoreStream(cfg, began)
			if err != nil {
				t.Fatal(err)
			}
			if l.limits != nil {
				other := cfg
				other.Online.Limits = *l.limits
				s = newStream(t, other)
			}
			g := &growing{t: t, talk: talk, s: s, door: door, rng: rand.New(rand.NewPCG(1, 2)), asked: &asked}
			g.said = saying{m: anyModel(1), rng: g.rng, n: s.At() / features.Hop, id: 1 << 20}
			if l.before != nil {
				l.before(g)
			}
			first := g.part(l)
			last := first
			for range parts - 1 {
				last = g.part(l)
			}
			t.Logf("state %d to %d bytes, heap %d to %d KiB, %.1f to %.1f calls and %.1f to %.1f comparisons for a second of sound or a gap",
				first.state, last.state, first.heap>>10, last.heap>>10, first.calls, last.calls, first.asked, last.asked)
			if last.state > first.state+first.state/10 {
				t.Errorf("state of %d bytes after one part, %d after %d", first.state, last.state, parts)
			}
			if last.heap > first.heap+256<<10 {
				t.Errorf("heap of %d bytes after one part, %d after %d", first.heap, last.heap, parts)
			}
			if most := max(first.calls, last.calls); most > mostCalls || last.calls > 1.2*first.calls+1 {
				t.Errorf("%.1f calls for a second of sound or a gap in the first part, %.1f in the last: expected about as many, and at most %d",
					first.calls, last.calls, mostCalls)
			}
			if l.speakers > g.speakers {
				t.Errorf("speakers up to number %d, expected %d or more: nothing was filled", g.speakers, l.speakers)
			}
			if last.asked > 1.2*first.asked+1 {
				t.Errorf("%.1f comparisons for a second of sound or a gap in the first part, %.1f in the last: expected about as many", first.asked, last.asked)
			}
		})
	}
}
