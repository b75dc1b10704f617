package online

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/segment"
)

// counted is a model that counts what its scorers are asked.
type counted struct {
	model.Model
	asked *int
}

func (m counted) NewScorer() model.Scorer { return countingScorer{m.Model.NewScorer(), m.asked} }

type countingScorer struct {
	model.Scorer
	asked *int
}

func (s countingScorer) Score(a, b *model.Voice) float64 {
	*s.asked++
	return s.Scorer.Score(a, b)
}

func (s countingScorer) Bound(a, b *model.Voice) float64 {
	*s.asked++
	return s.Scorer.Bound(a, b)
}

// growth is a stream that is watched while it goes on.
type growth struct {
	t     *testing.T
	cfg   Config
	m     model.Model
	c     *Clusterer
	asked int
	hear  func(Event)
}

func grow(t *testing.T, w *world, cfg Config, hear func(Event)) *growth {
	g := &growth{t: t, cfg: cfg, hear: hear}
	g.m = counted{w.m, &g.asked}
	g.c = g.fresh()
	return g
}

func (g *growth) fresh() *Clusterer {
	c, err := New(g.m, g.cfg)
	if err != nil {
		g.t.Fatal(err)
	}
	return c
}

func (g *growth) push(ev segment.Event) { g.c.Push(ev, g.hear) }

// state returns the state of the clusterer, without that of its listener.
func (g *growth) state() []byte {
	b, err := g.c.AppendBinary(nil)
	if err != nil {
		g.t.Fatal(err)
	}
	return b
}

// move goes on with another clusterer of the same state.
func (g *growth) move() {
	b := g.state()
	g.c = g.fresh()
	if err := g.c.UnmarshalBinary(b); err != nil {
		g.t.Fatal(err)
	}
	if again := g.state(); string(again) != string(b) {
		g.t.Fatalf("%d bytes of state restored are %d", len(b), len(again))
	}
}

// One voice for three hours without a pause is one turn. What is kept of it and
// what is compared for it do not grow, and its start stays what was told at first.
func TestOneVoiceForHours(t *testing.T) {
	for _, cfg := range []Config{{Limits: Limits{Max: 1}}, {Window: 20}} {
		w := newWorld(1, 1)
		l := newListener(t)
		g := grow(t, w, cfg, func(e Event) { l.hear(e); l.events = nil })
		const utterances, quarter = 3600, 900 // of 3 s
		var bytes, asked []int
		for i := range utterances {
			w.say(0, 300, 0, g.push)
			if n := len(g.c.utts); n > 3*g.c.cfg.Window/2 {
				t.Fatalf("%+v: %d utterances in the window after %d", cfg, n, i)
			}
			if n := len(g.c.heads) + len(g.c.time.told); n > 2*g.c.cfg.Window || cfg.Limits.Max == 1 && n > 2 {
				t.Fatalf("%+v: %d heads and turns after %d utterances", cfg, n, i)
			}
			if i%quarter == quarter-1 {
				bytes, asked = append(bytes, len(g.state())), append(asked, g.asked)
				g.asked = 0
				g.move()
			}
		}
		for q := 1; q < len(bytes); q++ {
			if bytes[q] > bytes[0]*11/10 || asked[q] > asked[0]*11/10 {
				t.Errorf("%+v: bytes %v, comparisons %v by quarters, expected none above the first by a tenth", cfg, bytes, asked)
			}
		}
		g.c.Finish(w.n*features.Hop, l.hear)
		if first := l.turns[1]; first.Start != 0 || first.Speaker != l.speakerAt(w.n/2*features.Hop) {
			t.Errorf("%+v: %+v, expected the first turn from the start", cfg, first)
		}
		if cfg.Limits.Max == 1 && (len(l.turns) != 1 || l.turns[1].End != w.n*features.Hop) {
			t.Errorf("%+v: turns %v, expected one of three hours", cfg, l.turns)
		}
	}
}

// Hundreds and thousands of voices one after another: what is kept and what is
// compared grow to a bound, and a clusterer that takes over goes on to the same.
func TestManyVoices(t *testing.T) {
	for _, voices := range []int{500, 5000} {
		w := newWorld(7, voices)
		l := newListener(t)
		var here, there []Event
		a := grow(t, w, Config{}, func(e Event) { l.hear(e); l.events = nil; here = append(here, e) })
		b := grow(t, w, Config{}, func(e Event) { there = append(there, e) })
		each := voices / 10
		var bytes, asked []int
		for i := range voices {
			w.say(i, 110, 45, func(ev segment.Event) {
				a.push(ev)
				if voices == 500 {
					b.push(ev)
				}
			})
			if voices == 500 && !slices.EqualFunc(here, there, sameEvent) {
				t.Fatalf("voice %d: %v after a move, expected %v", i, there, here)
			}
			here, there = here[:0], there[:0]
			if i%97 == 96 {
				b.move()
			}
			c := a.c
			if n := len(c.speakers); n > c.bounds.present+c.cfg.Window || len(c.absent.parked) > c.bounds.parked || len(c.absent.merges) > c.bounds.merges {
				t.Fatalf("voice %d: %d speakers, %d parked, %d merges", i, n, len(c.absent.parked), len(c.absent.merges))
			}
			if n := len(c.speakers) + c.absent.standing(); n != len(l.speakers) {
				t.Fatalf("voice %d: %d speakers stand, %d for the listener", i, n, len(l.speakers))
			}
			if i%each == each-1 {
				bytes, asked = append(bytes, len(a.state())), append(asked, a.asked)
				a.asked = 0
			}
		}
		if a.c.absent.given < voices/10 {
			t.Errorf("%d voices made %d speakers: too few to fill anything", voices, a.c.absent.given)
		}
		// Those who are parked are compared once with a newcomer, so that work grows
		// until they are all there.
		t.Logf("%d voices, %d numbers: bytes %v, comparisons %v", voices, a.c.absent.given, bytes, asked)
		if voices == 5000 && (bytes[9] > bytes[4]*11/10 || asked[9] > asked[4]*12/10) {
			t.Errorf("bytes %v, comparisons %v by tenths, expected no growth in the second half", bytes, asked)
		}
	}
}

// sameEvent is == for events whose scores may be NaN.
func sameEvent(a, b Event) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

// settled checks that no event touches what lies before what may still change.
type settled struct {
	*listener
	before int64
}

func (s *settled) hear(e Event) {
	if old, known := s.turns[e.Turn.ID]; e.Kind <= TurnWithdrawn && known && old.End+boundaryTolerance <= s.before {
		s.t.Fatalf("%v of turn %+v, though everything before %d is settled", e.Kind, old, s.before)
	}
	s.listener.hear(e)
	s.events = nil
}

// look takes what c may still change.
func (s *settled) look(c *Clusterer) {
	s.before = c.until
	for _, h := range c.heads {
		s.before = min(s.before, h.start)
	}
	for i := range c.utts {
		s.before = min(s.before, c.utts[i].start)
	}
}

// Random talk with small bounds, so that turns lose their heads and speakers are
// parked, forgotten and known again all the time, while links come and go and the
// state moves: every promise to the listener holds, and nothing exceeds its bound.
func TestBoundsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const voices = 6
		w := newWorld(rapid.Uint64Range(1, 50).Draw(t, "world"), voices)
		cfg := Config{Window: rapid.IntRange(3, 12).Draw(t, "window"), Limits: Limits{Max: rapid.SampledFrom([]int{0, 0, 1, 2, 5}).Draw(t, "most")}}
		limits := bounds{
			present: rapid.IntRange(1, 3).Draw(t, "present"),
			parked:  rapid.IntRange(0, 3).Draw(t, "parked"),
			merges:  rapid.IntRange(1, 3).Draw(t, "merges"),
		}
		fresh := func() *Clusterer {
			c, err := New(w.m, cfg)
			if err != nil {
				t.Fatalf("%v", err)
			}
			c.bounds = limits
			return c
		}
		a, b := fresh(), fresh()
		l := settled{listener: newListener(t)}
		var here, there []Event
		number, linked := rapid.IntRange(1, 8), false
		for range rapid.IntRange(1, 60).Draw(t, "utterances") {
			if rapid.IntRange(0, 9).Draw(t, "link") == 0 {
				linked = true
				groups := rapid.SliceOfN(rapid.SliceOfN(number, 2, 3), 0, 2).Draw(t, "groups")
				a.Link(groups)
				b.Link(groups)
			}
			if rapid.IntRange(0, 5).Draw(t, "move") == 0 {
				raw, _ := b.AppendBinary(nil)
				b = fresh()
				if err := b.UnmarshalBinary(raw); err != nil {
					t.Fatalf("%v", err)
				}
			}
			w.say(rapid.IntRange(0, voices-1).Draw(t, "speaker"), rapid.IntRange(5, 300).Draw(t, "frames"),
				rapid.SampledFrom([]int{0, 0, 0, 60}).Draw(t, "pause"), func(ev segment.Event) {
					a.Push(ev, func(e Event) { l.hear(e); here = append(here, e) })
					b.Push(ev, func(e Event) { there = append(there, e) })
				})
			if !slices.EqualFunc(here, there, sameEvent) {
				t.Fatalf("%v after a move, expected %v", there, here)
			}
			here, there = here[:0], there[:0]
			l.look(a)
			checkBounds(t, a, &l)
			for _, h := range a.heads {
				// The listener's boundaries may lag by so much.
				if got := l.speakerAt(h.start + boundaryTolerance); got != h.speaker && h.end-h.start > boundaryTolerance+tellEvery {
					t.Fatalf("listener has speaker %d from %d to %d, who was speaker %d when that left the window", got, h.start, h.end, h.speaker)
				}
			}
			if cfg.Limits.Max > 0 && len(l.speakers) > cfg.Limits.Max && !linked {
				t.Fatalf("%d speakers, expected at most %d", len(l.speakers), cfg.Limits.Max)
			}
		}
		a.Finish(w.n*features.Hop, l.hear)
		if len(l.open) != 0 {
			t.Fatalf("turns %v are open at the end", l.open)
		}
	})
}

// checkBounds holds what c keeps against its bounds.
func checkBounds(t interface{ Fatalf(string, ...any) }, c *Clusterer, l *settled) {
	window := 3*c.cfg.Window/2 + 1
	switch {
	case len(c.utts) > window:
		t.Fatalf("%d utterances in a window of %d", len(c.utts), c.cfg.Window)
	case len(c.heads) > window+1:
		t.Fatalf("%d heads before a window of %d", len(c.heads), c.cfg.Window)
	case len(c.time.told) > len(c.heads)+len(c.utts)+1:
		t.Fatalf("%d turns of %d utterances and %d heads", len(c.time.told), len(c.utts), len(c.heads))
	case len(c.speakers) > c.bounds.present+len(c.utts)+1, len(c.absent.parked) > c.bounds.parked, len(c.absent.merges) > c.bounds.merges:
		t.Fatalf("%d speakers, %d parked, %d merges", len(c.speakers), len(c.absent.parked), len(c.absent.merges))
	case len(c.speakers)+c.absent.standing() != len(l.speakers):
		t.Fatalf("%d speakers and %d outside the clustering stand, %d for the listener", len(c.speakers), c.absent.standing(), len(l.speakers))
	case !slices.IsSortedFunc(c.speakers, func(a, b speaker) int { return a.number - b.number }):
		t.Fatalf("speakers out of order")
	}
}

// Given utterances that overlap may leave several heads, no more than end while one
// of them is in the window, and what is settled stays settled.
func TestOverlapsAreBeheaded(t *testing.T) {
	heads := 0
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(rapid.Uint64Range(1, 20).Draw(t, "world"), 3)
		var utts []segment.Utterance
		end := int64(0)
		for range rapid.IntRange(1, 60).Draw(t, "utterances") {
			start := max(0, end-rapid.Int64Range(-20, 250).Draw(t, "overlap"))
			utts = append(utts, segment.Utterance{Start: start * features.Hop, End: (start + rapid.Int64Range(20, 300).Draw(t, "length")) * features.Hop})
			end = max(end, utts[len(utts)-1].End/features.Hop)
		}
		c, err := New(w.m, Config{Whole: true, Window: rapid.IntRange(2, 10).Draw(t, "window")})
		if err != nil {
			t.Fatalf("%v", err)
		}
		l := settled{listener: newListener(t)}
		push := func(ev segment.Event) {
			c.Push(ev, l.hear)
			l.look(c)
			checkBounds(t, c, &l)
			heads = max(heads, len(c.heads))
		}
		given := segment.NewGiven(utts, 300*features.Hop, worldDim)
		frame := make([]float64, worldDim)
		for n := int64(0); n < end; n++ {
			k := w.rng.IntN(worldGaussians)
			for i := range frame {
				frame[i] = w.voices[n/200%3][k*worldDim+i] + w.rng.NormFloat64()
			}
			given.Push((n+1)*features.Hop, segment.Frame{Features: frame}, push)
		}
		given.Flush(end*features.Hop, push)
		c.Finish(end*features.Hop, l.hear)
	})
	if heads < 2 {
		t.Errorf("at most %d heads at a time: nothing was tested", heads)
	}
}
