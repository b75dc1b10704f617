package online

import (
	"testing"

	"github.com/seed-7adb9000/diarizer/features"
)

// Who returns after having been parked has the old number, and is nobody new even
// for a moment, if ever so many have spoken since.
func TestParkedSpeakersReturn(t *testing.T) {
	const voices, back = 150, 20
	returned, known, added := 0, 0, 0
	for seed := range uint64(4) {
		w := newWorld(seed, voices)
		l := newListener(t)
		g := grow(t, w, Config{}, l.hear)
		was := make([]int, voices)
		say := func(voice int) (speaker int) {
			w.say(voice, 300, 50, g.push)
			w.say(voice, 300, 20, g.push)
			return l.speakerAt((w.n - 100) * features.Hop)
		}
		for i := range voices {
			was[i] = say(i)
		}
		for i := range back {
			now := g.c.absent.follow(was[i]) // as reviews have it by now
			if g.c.absent.find(now) < 0 {
				continue
			}
			returned++
			if i%5 == 0 {
				g.move()
			}
			before := g.c.absent.given
			if got := say(i); got == now {
				known++
			}
			if g.c.absent.given > before {
				added++
			}
		}
	}
	t.Logf("%d of %d who returned were known, %d were new at first", known, returned, added)
	if returned < 2*back || known < returned*9/10 || added > returned/10 {
		t.Errorf("%d of %d who returned were known, %d were new at first, expected nine in ten of at least %d, one in ten", known, returned, added, 2*back)
	}
}

// parkedVoice is a clusterer in which voice 0 is parked as the speaker whose number
// is returned, while three others are heard.
func parkedVoice(t *testing.T, cfg Config) (*growth, *world, *listener, int) {
	w := newWorld(3, 6)
	l := newListener(t)
	g := grow(t, w, cfg, l.hear)
	g.c.bounds.present = 2
	number := 0
	for i := range 24 {
		w.say(min(i/6, 3), 250, 50, g.push)
		if i == 5 {
			number = l.speakerAt((w.n - 100) * features.Hop)
		}
	}
	if g.c.absent.find(number) < 0 {
		t.Fatalf("speaker %d is not parked: %d are", number, len(g.c.absent.parked))
	}
	return g, w, l, number
}

// Who was taken for somebody new at their return is found to be who they were by
// the next review.
func TestReviewsKnowTheParked(t *testing.T) {
	g, w, l, number := parkedVoice(t, Config{Window: 6})
	aside := g.c.absent.take(g.c.absent.find(number))
	w.say(0, 250, 50, g.push)
	stranger := l.speakerAt((w.n - 100) * features.Hop)
	if stranger == number {
		t.Fatalf("speaker %d, of whom nothing is known", number)
	}
	g.c.absent.parked = append(g.c.absent.parked, aside)
	g.c.review = 0
	w.say(1, 250, 50, g.push)
	if l.speakers[stranger] || !l.speakers[number] {
		t.Errorf("speakers %v, expected %d to be merged into %d", l.speakers, stranger, number)
	}
}

// A review that makes a cluster of its own of what somebody said, who is parked,
// gives it the old number.
func TestNewClustersAreKnown(t *testing.T) {
	g, w, l, number := parkedVoice(t, Config{Window: 6})
	w.say(0, 250, 50, g.push)
	at := (w.n - 100) * features.Hop
	w.say(2, 250, 50, g.push)
	// As if what voice 0 said had been taken for what the last speaker said.
	i := len(g.c.utts) - 2
	other := g.c.utts[i+1].speaker
	if g.c.utts[i].speaker != number || other == number {
		t.Fatalf("speakers %d and %d, expected %d and another", g.c.utts[i].speaker, other, number)
	}
	g.c.utts[i].speaker = other
	s := g.c.speaker(number)
	g.c.absent.park(parked{number, s.anchor, s.heard}, 10)
	g.c.leave(number)
	g.c.prepare(other)
	g.c.review = 0
	w.say(2, 250, 50, g.push)
	if got := l.speakerAt(at); got != number || !l.speakers[number] {
		t.Errorf("speaker %d of %v, expected %d", got, l.speakers, number)
	}
}

// Those who are parked or forgotten count where the number of speakers is bounded.
func TestLimitsCountTheParked(t *testing.T) {
	for _, most := range []int{0, 3} {
		w := newWorld(3, 6)
		l := newListener(t)
		g := grow(t, w, Config{Window: 6, Limits: Limits{Max: 3}}, l.hear)
		g.c.bounds.present, g.c.bounds.parked = 1, most
		for i := range 36 {
			w.say(i/6, 250, 50, g.push)
		}
		g.c.Finish(w.n*features.Hop, l.hear)
		if len(l.speakers) != 3 {
			t.Errorf("speakers %v of six voices, %d parked at most, expected 3", l.speakers, most)
		}
	}
}

// A number is followed through the merges that are remembered, the latest ones.
func TestMergesAreFollowed(t *testing.T) {
	var a absent
	for n := 1; n < 100; n++ {
		a.merge(n, n+1, 10)
	}
	for n, want := range map[int]int{1: 1, 89: 89, 90: 100, 99: 100, 100: 100, 101: 101} {
		if got := a.follow(n); got != want {
			t.Errorf("%d became %d, expected %d", n, got, want)
		}
	}
	if len(a.merges) != 10 {
		t.Errorf("%d merges remembered, expected 10", len(a.merges))
	}
}

// Where too many are parked, the one who has been silent for longest is forgotten.
func TestTheLongestSilentAreForgotten(t *testing.T) {
	var a absent
	pair := newWorld(1, 1).m.Shape().NewStats().Keep()
	pair.N = 100
	for i, heard := range []int64{50, 10, 90, 30, 70} {
		a.park(parked{i + 1, pair, heard}, 3)
	}
	a.park(parked{number: 6}, 3) // who never said anything
	for n, want := range map[int]bool{1: true, 2: false, 3: true, 4: false, 5: true, 6: false} {
		if got := a.find(n) >= 0; got != want {
			t.Errorf("speaker %d is parked: %v, expected %v", n, got, want)
		}
	}
	if a.standing() != 6 {
		t.Errorf("%d speakers stand, expected 6", a.standing())
	}
}
