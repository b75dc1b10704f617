package online

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/segment"
)

// said is one utterance of a script.
type said struct{ speaker, frames, pause int }

// follow runs a script through a Clusterer and returns what a listener knows at
// the end, with the middle of each utterance.
func follow(t interface{ Fatalf(string, ...any) }, w *world, cfg Config, script []said) (*listener, []int64) {
	c, err := New(w.model(), cfg)
	if err != nil {
		t.Fatalf("%v", err)
	}
	l := newListener(t)
	var middles []int64
	for _, s := range script {
		w.say(s.speaker, s.frames, s.pause, func(ev segment.Event) { c.Push(ev, l.hear) })
		middles = append(middles, (w.n-int64(s.frames/2))*features.Hop)
	}
	c.Finish(w.n*features.Hop, l.hear)
	if len(l.open) != 0 {
		t.Fatalf("turns %v are open at the end", l.open)
	}
	return l, middles
}

// TestFollowsSpeakers has three voices talk in turns and expects three
// speakers, one for each voice.
func TestFollowsSpeakers(t *testing.T) {
	for _, regularisation := range []float64{0, 4} {
		testFollowsSpeakers(t, regularisation)
	}
}

func testFollowsSpeakers(t *testing.T, regularisation float64) {
	w := newWorld(1, 3)
	w.regularisation = regularisation
	var script []said
	for i := range 40 {
		script = append(script, said{speaker: []int{0, 1, 0, 2, 1, 2}[i%6], frames: 150 + i%3*50, pause: 30})
	}
	l, middles := follow(t, w, Config{}, script)
	of := map[int]int{}
	for i, s := range script {
		got := l.speakerAt(middles[i])
		if want, ok := of[s.speaker]; ok && got != want {
			t.Errorf("utterance %d by voice %d is speaker %d's, those before %d's", i, s.speaker, got, want)
		}
		of[s.speaker] = got
	}
	if len(l.speakers) != 3 || of[0] == of[1] || of[1] == of[2] || of[0] == of[2] {
		t.Errorf("speakers %v for voices %v, expected three apart", l.speakers, of)
	}
}

// TestLimits holds the number of speakers within bounds whatever is heard.
func TestLimits(t *testing.T) {
	script := []said{{0, 200, 30}, {1, 200, 30}, {2, 200, 30}, {3, 200, 30}, {0, 200, 30}, {1, 200, 30}, {2, 200, 30}, {3, 200, 30}}
	for _, c := range []struct {
		limits Limits
		want   int
	}{{Limits{Max: 2}, 2}, {Limits{Max: 1}, 1}, {Limits{Min: 4, Max: 4}, 4}, {Limits{Min: 3}, 4}} {
		for _, regularisation := range []float64{0, 4} {
			w := newWorld(3, 4)
			w.regularisation = regularisation
			l, _ := follow(t, w, Config{Limits: c.limits}, script)
			if len(l.speakers) != c.want {
				t.Errorf("%+v, regularisation %v: speakers %v, expected %d", c.limits, regularisation, l.speakers, c.want)
			}
		}
	}
	// One voice told to be two.
	l, _ := follow(t, newWorld(4, 1), Config{Limits: Limits{Min: 2}}, []said{{0, 250, 30}, {0, 250, 30}, {0, 250, 30}, {0, 250, 30}})
	if len(l.speakers) != 2 {
		t.Errorf("speakers %v, expected the two that were asked for", l.speakers)
	}
	if _, err := New(newWorld(5, 1).m, Config{Limits: Limits{Min: 3, Max: 2}}); err == nil {
		t.Error("at least 3 and at most 2 speakers: no error")
	}
}

// TestEventsHold checks the listener's invariants, see hear, over random
// conversations, and that what it ends up with is what the Clusterer holds.
func TestEventsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(rapid.Uint64Range(1, 50).Draw(t, "world"), 4)
		w.regularisation = rapid.SampledFrom([]float64{0, 1, 4}).Draw(t, "regularisation")
		cfg := Config{Window: rapid.IntRange(3, 20).Draw(t, "window")}
		c, err := New(w.model(), cfg)
		if err != nil {
			t.Fatalf("%v", err)
		}
		l := newListener(t)
		for range rapid.IntRange(1, 40).Draw(t, "utterances") {
			w.say(rapid.IntRange(0, 3).Draw(t, "speaker"), rapid.IntRange(5, 300).Draw(t, "frames"),
				rapid.IntRange(0, 60).Draw(t, "pause"), func(ev segment.Event) { c.Push(ev, l.hear) })
			if n := len(c.utts); n > 8*cfg.Window {
				t.Fatalf("%d utterances kept, the window being %d", n, cfg.Window)
			}
		}
		c.Finish(w.n*features.Hop, l.hear)
		for _, u := range c.utts {
			if u.speaker == Unknown {
				continue
			}
			if got := l.speakerAt((u.start + u.end) / 2); got != u.speaker {
				t.Fatalf("listener has speaker %d at %d, the clusterer %d", got, (u.start+u.end)/2, u.speaker)
			}
		}
	})
}

// TestOldSpeakersStay has a speaker return after the window has forgotten every
// utterance of hers.
func TestOldSpeakersStay(t *testing.T) {
	w := newWorld(6, 3)
	w.regularisation = 4
	script := []said{{0, 300, 40}, {1, 300, 40}, {0, 300, 40}, {1, 300, 40}, {0, 300, 40}}
	for range 30 {
		script = append(script, said{1, 200, 40}, said{2, 200, 40})
	}
	script = append(script, said{0, 300, 40}, said{0, 300, 40})
	l, middles := follow(t, w, Config{Window: 10}, script)
	if first, last := l.speakerAt(middles[0]), l.speakerAt(middles[len(middles)-1]); first != last {
		t.Errorf("voice 0 was speaker %d and returns as %d", first, last)
	}
	if len(l.speakers) != 3 {
		t.Errorf("speakers %v, expected three", l.speakers)
	}
}

// utterances returns the voices of utterances of n frames, of one speaker after
// the other.
func (w *world) utterances(scorer model.Scorer, count, n int) []*model.Voice {
	acc := w.m.NewAccumulator()
	var voices []*model.Voice
	for i := range count {
		acc.Reset()
		w.say(i%len(w.voices), n, 0, func(ev segment.Event) {
			for at := 0; at < len(ev.Frames); at += worldDim {
				acc.Add(ev.Frames[at : at+worldDim])
			}
		})
		v := model.Shape{Nu: worldNu}.NewVoice()
		acc.StatsInto(&v.Stats)
		scorer.Update(&v)
		voices = append(voices, &v)
	}
	return voices
}

// TestAgglomerateComparesEnough clusters worlds whose speakers are hard to tell
// apart with every pair compared, and expects the same clusters of the search
// that leaves most of them out.
func TestAgglomerateComparesEnough(t *testing.T) {
	const worlds = 100
	differ := 0
	for seed := range uint64(worlds) {
		w := newWorld(seed, 4)
		s := w.m.NewScorer()
		voices := w.utterances(s, 16, 12)
		if !slices.Equal(Agglomerate(s, voices, 0, Limits{}), exhaustive(s, voices, 0)) {
			differ++
		}
	}
	if differ > worlds/50 {
		t.Errorf("%d of %d worlds are clustered otherwise", differ, worlds)
	}
}

// exhaustive is agglomerative clustering as it is defined.
func exhaustive(s model.Scorer, voices []*model.Voice, threshold float64) []int {
	labels := make([]int, len(voices))
	var clusters []*model.Voice
	for i, v := range voices {
		labels[i] = i
		c := model.Voice{Stats: v.Stats.Clone()}
		s.Update(&c)
		clusters = append(clusters, &c)
	}
	for {
		a, b, best := 0, 0, threshold
		for i, p := range clusters {
			for j, q := range clusters[:i] {
				if p == nil || q == nil {
					continue
				}
				if score := s.Score(p, q); score > best {
					a, b, best = j, i, score
				}
			}
		}
		if a == b {
			break
		}
		clusters[a].Stats.Add(clusters[b].Stats)
		s.Update(clusters[a])
		clusters[b] = nil
		for i, l := range labels {
			if l == b {
				labels[i] = a
			}
		}
	}
	index := map[int]int{}
	for i, l := range labels {
		if _, ok := index[l]; !ok {
			index[l] = len(index)
		}
		labels[i] = index[l]
	}
	return labels
}

// TestAgglomerateAnyOrder holds that a permutation of the utterances does not
// change the clusters.
func TestAgglomerateAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(rapid.Uint64Range(1, 1000).Draw(t, "world"), 3)
		scorer := w.m.NewScorer()
		stats := w.utterances(scorer, 12, 120)
		want := Agglomerate(scorer, stats, 0, Limits{})
		order := rapid.Permutation([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}).Draw(t, "order")
		shuffled := make([]*model.Voice, len(stats))
		for i, o := range order {
			shuffled[i] = stats[o]
		}
		got := Agglomerate(scorer, shuffled, 0, Limits{})
		for i := range order {
			for j := range order {
				if (got[i] == got[j]) != (want[order[i]] == want[order[j]]) {
					t.Fatalf("%v in the order %v, %v without", got, order, want)
				}
			}
		}
		if n := slices.Max(want) + 1; n > 12 {
			t.Fatalf("%d clusters of 12", n)
		}
	})
}

// The last threshold falls to the model's as speech is heard, and no further.
func TestLastThresholdFallsWithSpeech(t *testing.T) {
	c, err := New(newWorld(5, 1).m, Config{})
	if err != nil {
		t.Fatal(err)
	}
	before := math.Inf(1)
	for _, frames := range []float64{0, 800, 2000, 5000, 10000, 360000} {
		c.frames = frames
		now := c.lastThreshold()
		if now > before || now < c.rule.Threshold {
			t.Errorf("%v after %v frames, %v before, the model's is %v", now, frames, before, c.rule.Threshold)
		}
		before = now
	}
	if before != c.rule.Threshold {
		t.Errorf("%v after an hour, the model's is %v", before, c.rule.Threshold)
	}
	if c.frames = 1000; math.Abs(c.lastThreshold()-c.rule.Threshold-math.Log(10)) > 1e-12 {
		t.Errorf("%v over the model's after a tenth of enough", c.lastThreshold()-c.rule.Threshold)
	}
}

// A turn ends in silence where another, which began later beside it, has ended already.
func TestTurnsBesideEnd(t *testing.T) {
	c, err := New(newWorld(1, 1).m, Config{})
	if err != nil {
		t.Fatal(err)
	}
	c.add(0, func(Event) {})
	c.add(0, func(Event) {})
	c.utts = []utterance{{end: 32000, speaker: 1, pair: c.m.Shape().NewStats().Keep()}}
	c.time.told = []told{
		{Turn: Turn{ID: 1, Speaker: 1, End: 32000, State: Provisional}, open: true},
		{Turn: Turn{ID: 2, Speaker: 2, Start: 8000, End: 16000, State: Final}},
	}
	ended := false
	at := 32000 + c.cfg.JoinGap + 1
	c.Push(segment.Event{At: at, Until: at}, func(e Event) { ended = ended || e.Kind == TurnEnded && e.Turn.ID == 1 })
	if !ended {
		t.Error("the turn goes on in silence")
	}
}

// After a review, who spoke last is the speaker of each look's own latest utterance.
func TestReviewKnowsWhoSpokeLast(t *testing.T) {
	c, err := New(newWorld(1, 1).m, Config{Drafts: true})
	if err != nil {
		t.Fatal(err)
	}
	c.add(0, func(Event) {})
	c.add(0, func(Event) {})
	nothing := c.m.Shape().NewStats().Keep()
	c.utts = []utterance{{end: 10, pair: nothing}, {start: 10, end: 20, draft: true, pair: nothing}}
	for _, want := range [][2]int{{1, 2}, {2, 1}} {
		c.assign([]int{0, 1}, want[:])
		if got := [2]int{c.looks[finalLook].last, c.looks[draftLook].last}; got != want {
			t.Errorf("%v spoke last, expected %v", got, want)
		}
	}
}
