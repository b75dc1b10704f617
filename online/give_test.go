package online

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/segment"
)

// giving runs a script of three voices in a room that is said to have two people, and
// does what is named before utterances. It returns the clusterer, what a listener has
// and was told, and the middle of each utterance. where tells where an earlier one was.
func giving(t *testing.T, cfg Config, n, move int, do map[int]func(c *Clusterer, where func(i int) Span)) (*Clusterer, *listener, []Event, []int64) {
	t.Helper()
	w := newWorld(1, 3)
	c, err := New(w.m, cfg)
	if err != nil {
		t.Fatal(err)
	}
	l := newListener(t)
	var events []Event
	hear := func(e Event) {
		events = append(events, e)
		l.hear(e)
	}
	var spans []Span
	var middles []int64
	for i := range n {
		if f := do[i]; f != nil {
			f(c, func(i int) Span { return spans[i] })
			for _, s := range c.speakers { // of whom the listener is told by whoever gives
				l.speakers[s.number] = true
			}
		}
		if i == move {
			raw, err := c.AppendBinary(nil)
			if err != nil {
				t.Fatal(err)
			}
			if c, err = New(w.m, cfg); err != nil {
				t.Fatal(err)
			}
			if err := c.UnmarshalBinary(raw); err != nil {
				t.Fatal(err)
			}
		}
		frames := 150 + i%3*50
		w.say(voiceOf(i), frames, 60, func(ev segment.Event) { c.Push(ev, hear) })
		middle := (w.n - int64(frames/2)) * features.Hop
		middles = append(middles, middle)
		spans = append(spans, Span{middle - int64(frames/2+30)*features.Hop, middle + int64(frames/2)*features.Hop})
	}
	c.Finish(w.n*features.Hop, hear)
	return c, l, events, middles
}

// voiceOf is who says an utterance of the script.
func voiceOf(i int) int { return []int{0, 1, 0, 2, 1, 2}[i%6] }

// two is a room that is said to have two people: two of the three voices are taken for
// one.
func two(window int) Config { return Config{Window: window, Limits: Limits{Max: 2}} }

// taken returns a voice that is taken for another's, and the speaker of both.
func taken(t *testing.T, l *listener, middles []int64) (voice, speaker int) {
	t.Helper()
	of := map[int]int{}
	for i, m := range middles {
		if who := l.speakerAt(m); who != 0 {
			of[voiceOf(i)] = who
		}
	}
	for voice = 2; voice > 0; voice-- {
		for other := range voice {
			if of[other] == of[voice] {
				return voice, of[voice]
			}
		}
	}
	t.Fatalf("nobody is taken for another: %v", of)
	return 0, 0
}

// Who was taken for another is somebody from then on, wherever the clusterer lives, and
// however much has left the window; what was said before stays with whom it was given.
func TestGiftsTeach(t *testing.T) {
	for _, window := range []int{200, 12} {
		_, l, _, middles := giving(t, two(window), 30, -1, nil)
		voice, from := taken(t, l, middles)
		const number = 7
		teach := map[int]func(*Clusterer, func(int) Span){30: func(c *Clusterer, where func(int) Span) {
			var gifts []Gift
			for i := 18; i < 30; i++ {
				if voiceOf(i) == voice {
					s := where(i)
					gifts = append(gifts, Gift{Start: s.Start, End: s.End, From: from, Speaker: number})
				}
			}
			c.Give(gifts)
		}}
		c, l, want, middles := giving(t, two(window), 66, -1, teach)
		right, wrong := 0, 0
		for i, m := range middles[36:] {
			if who := l.speakerAt(m); (who == number) == (voiceOf(36+i) == voice) {
				right++
			} else {
				wrong++
			}
		}
		if wrong > right/8 { // until the window is clustered again, those from before mislead
			t.Errorf("window %d: %d utterances after the gift are of another, %d right", window, wrong, right)
		}
		for _, e := range want {
			if e.Kind == SpeakerMerged && (e.Speaker == number || e.Into == number) {
				t.Errorf("window %d: %d was merged into %d", window, e.Speaker, e.Into)
			}
		}
		if next := c.Reserve(0); next <= number {
			t.Errorf("the next number is %d", next)
		}
		for _, at := range []int{47} {
			if _, _, events, _ := giving(t, two(window), 66, at, teach); fmt.Sprint(events) != fmt.Sprint(want) {
				t.Errorf("window %d: moved before utterance %d, other events", window, at)
			}
		}
	}
}

// A gift changes no turn by itself, and one that is taken back leaves nothing.
func TestGiftTakenBack(t *testing.T) {
	_, _, plain, _ := giving(t, Config{}, 40, -1, nil)
	_, _, same, _ := giving(t, Config{}, 40, -1, map[int]func(*Clusterer, func(int) Span){20: func(c *Clusterer, where func(int) Span) {
		s := where(6)
		c.Give([]Gift{{Start: s.Start, End: s.End, From: 1, Speaker: 2}})
		c.Give(nil)
	}})
	if fmt.Sprint(plain) != fmt.Sprint(same) {
		t.Error("a gift that was taken back changed the events")
	}
	_, l, given, middles := giving(t, Config{}, 40, -1, map[int]func(*Clusterer, func(int) Span){20: func(c *Clusterer, where func(int) Span) {
		s := where(6)
		c.Give([]Gift{{Start: s.Start, End: s.End, From: 1, Speaker: 2}, {Start: 0, End: 10, From: 99, Speaker: 2}})
	}})
	if who := l.speakerAt(middles[6]); who != 1 {
		t.Errorf("the clustering says %d of what was given, expected 1", who)
	}
	if len(given) < len(plain)/2 {
		t.Errorf("%d events", len(given))
	}
}

// Of a speaker who is two people, the second voice is found; of one who is one, none.
func TestDivide(t *testing.T) {
	_, l, _, middles := giving(t, two(200), 30, -1, nil)
	_, speaker := taken(t, l, middles)
	giving(t, two(200), 31, -1, map[int]func(*Clusterer, func(int) Span){30: func(c *Clusterer, where func(int) Span) {
		second := c.Divide([]int{speaker})
		voices := map[int]int{}
		for i := range 30 {
			s := where(i)
			for _, d := range second {
				if middle := (s.Start + s.End) / 2; d.Start <= middle && middle < d.End {
					voices[voiceOf(i)]++
				}
			}
		}
		if len(voices) != 1 || len(second) < 5 {
			t.Errorf("the second voice has utterances of %v", voices)
		}
		if found := c.Divide([]int{99}); found != nil {
			t.Errorf("somebody unknown is %v", found)
		}
	}})
}

// Whatever is given to whoever, linked and taken back, in whatever order: the clusterer
// goes on, its turns are sound, and those who were told apart are never merged.
func TestGiftsOfAnySort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{Window: rapid.SampledFrom([]int{12, 200}).Draw(t, "window"), Limits: Limits{Max: rapid.IntRange(0, 3).Draw(t, "most")}}
		w := newWorld(rapid.Uint64Range(1, 5).Draw(t, "seed"), 4)
		c, err := New(w.m, cfg)
		if err != nil {
			t.Fatal(err)
		}
		c.bounds.present, c.bounds.parked = 3, 2
		l := newListener(t)
		apart := map[[2]int]bool{}
		hear := func(e Event) {
			if e.Kind == SpeakerMerged && (apart[[2]int{e.Speaker, e.Into}] || apart[[2]int{e.Into, e.Speaker}]) {
				t.Fatalf("speaker %d was merged into %d", e.Speaker, e.Into)
			}
			l.hear(e)
		}
		var gifts []Gift
		for range rapid.IntRange(5, 30).Draw(t, "utterances") {
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				end := w.n * features.Hop
				start := end - rapid.Int64Range(1, 20).Draw(t, "ago")*16000
				who := rapid.IntRange(0, c.absent.given)
				g := Gift{Start: start, End: start + rapid.Int64Range(1, 5).Draw(t, "length")*16000, From: who.Draw(t, "from"), Speaker: who.Draw(t, "to")}
				if g.Speaker == 0 {
					g.Speaker = c.Reserve(0)
				}
				gifts = append(gifts, g)
				c.Give(gifts)
			case 1:
				gifts = gifts[:len(gifts)/2]
				c.Give(gifts)
			case 2:
				who := rapid.IntRange(1, c.absent.given+1)
				c.Link([][]int{{who.Draw(t, "a"), who.Draw(t, "b")}})
			case 3:
				c.Divide([]int{rapid.IntRange(0, c.absent.given+1).Draw(t, "divided")})
			}
			clear(apart)
			for _, g := range gifts {
				for _, o := range gifts {
					for _, p := range [][2]int{{g.From, g.Speaker}, {g.Speaker, o.Speaker}} {
						a, b := c.standing(p[0]), c.standing(p[1])
						if a != b && a != 0 && b != 0 && c.firmly(a) && c.firmly(b) {
							apart[[2]int{a, b}] = true
						}
					}
				}
			}
			for _, s := range c.speakers { // of whom the listener is told by whoever gives
				l.speakers[s.number] = true
			}
			w.say(rapid.IntRange(0, 3).Draw(t, "voice"), 100+50*rapid.IntRange(0, 3).Draw(t, "frames"), 40, func(ev segment.Event) { c.Push(ev, hear) })
		}
		c.Finish(w.n*features.Hop, hear)
	})
}

// firmly says whether there is speech that is surely a speaker's.
func (c *Clusterer) firmly(s int) bool { return c.speaker(s).anchor.N > 0 || c.holds(s) }

// Where one speaks beside another and both were given away, each goes where their own
// words were given.
func TestGiftsBesideEachOther(t *testing.T) {
	c, err := New(newWorld(1, 1).m, Config{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		c.add(0, func(Event) {})
	}
	c.utts = []utterance{{end: 100, speaker: 1, pair: c.m.Shape().NewStats().Keep()}}
	c.Give([]Gift{{End: 100, From: 1, Speaker: 3}, {End: 100, From: 2, Speaker: 4}})
	if to := c.utts[0].given; to != 3 {
		t.Errorf("given to %d, expected 3", to)
	}
	for _, u := range []struct{ hears, from, to int }{{1, 1, 3}, {2, 2, 4}, {Unknown, 2, 4}} {
		again := utterance{end: 100, speaker: u.hears}
		if c.claim(&again); again.speaker != u.from || again.given != u.to {
			t.Errorf("where the second look hears %d: %d of %d, expected %d of %d", u.hears, again.given, again.speaker, u.to, u.from)
		}
	}
}

// Two drafts that were of one voice, of which the later one was given to whom it was of:
// who was told of first keeps the number, and what was given.
func TestGiftToTheSame(t *testing.T) {
	s := lookTwice(t, Config{})
	first, _ := s.say(0, 300)
	s.look(first, true)
	then, middle := s.say(1, 200)
	s.look(then, true)
	if n := len(s.a.c.speakers); n != 2 {
		t.Fatalf("%d speakers: nothing is tested", n)
	}
	for _, c := range []*Clusterer{s.a.c, s.b.c} {
		c.Give([]Gift{{End: s.w.n * features.Hop, From: 2, Speaker: 2}})
	}
	s.look(oneUtterance(first, then), false)
	if u := s.a.c.utts[0]; s.l.speakerAt(middle) != 1 || u.owner() != 1 {
		t.Errorf("%d speaks, the utterance is %d's", s.l.speakerAt(middle), u.owner())
	}
}
