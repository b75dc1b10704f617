package words

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// However words and turns come, and whatever turns were before, in the end every
// word is whose it is for Join, and whoever applied the changes knows it.
func TestLiveEndsWithWhatJoinSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list, turns := scenes(t)
		var live Live
		told := map[int]string{}
		ids := map[int]Turn{}
		changes := func() {
			for _, c := range live.Changes() {
				told[c.ID] = c.Speaker
			}
		}
		added := 0
		for added < len(list) || len(turns) > 0 {
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0, 1, 2, 3:
				n := min(len(list)-added, rapid.IntRange(1, 9).Draw(t, "words"))
				if err := live.Add(list[added : added+n]); err != nil {
					t.Fatal(err)
				}
				added += n
			case 4, 5, 6, 7:
				if n := len(turns); n > 0 {
					// Earlier guesses at a turn are replaced.
					id := rapid.IntRange(1, 12).Draw(t, "id")
					ids[id] = turns[n-1]
					live.Set(id, turns[n-1])
					turns = turns[:n-1]
				}
			case 8:
				id := rapid.IntRange(1, 12).Draw(t, "gone")
				delete(ids, id)
				live.Remove(id)
			case 9:
				from, to := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "from"), rapid.SampledFrom([]string{"b", "c", "d"}).Draw(t, "to")
				live.Merge(from, to)
				for id, turn := range ids {
					if turn.Speaker == from {
						turn.Speaker = to
						ids[id] = turn
					}
				}
				for id, who := range told {
					if who == from {
						told[id] = to
					}
				}
			}
			if rapid.Bool().Draw(t, "look") {
				changes()
			}
		}
		changes()
		want, err := Join(list, slices.Collect(maps.Values(ids)))
		if err != nil {
			t.Fatal(err)
		}
		got := live.Words()
		if len(got) != len(want) {
			t.Fatalf("%d words, want %d", len(got), len(want))
		}
		for i, c := range got {
			if other := c.Word; !live.Has(other) {
				t.Fatalf("word %d, %+v, was not added", i, other)
			} else if other.Text += "x"; live.Has(other) {
				t.Fatalf("word %d: %+v was added", i, other)
			}
			if c.Word != want[i].Word || c.Speaker != want[i].Speaker || told[c.ID] != c.Speaker || list[c.ID-1] != c.Word {
				t.Fatalf("word %d: %+v, told %q, joined %+v", i, c, told[c.ID], want[i])
			}
		}
	})
}

// Long talk, in which blocks are cut by their length alone, comes out the same in
// pieces.
func TestLiveCutsBlocksAsJoinDoes(t *testing.T) {
	var list []Word
	for i := range 1000 {
		list = append(list, Word{Text: "on", Start: seconds(float64(i) / 3), End: seconds(float64(i+1) / 3)})
	}
	turns := []Turn{turn(0, 100, "a"), turn(99, 250, "b"), turn(240, 400, "a")}
	var live Live
	for i, t := range turns {
		live.Set(i, t)
	}
	for at := 0; at < len(list); at += 7 {
		if err := live.Add(list[at:min(len(list), at+7)]); err != nil {
			t.Fatal(err)
		}
		live.Changes()
	}
	var sizes, want []int
	for _, b := range live.blocks {
		sizes = append(sizes, len(b.words))
	}
	for _, b := range blocks(list) {
		want = append(want, len(b))
	}
	if !slices.Equal(sizes, want) {
		t.Errorf("blocks of %v words, want %v", sizes, want)
	}
}

// What is remembered of an endless stream is bounded, and the newest words are
// still joined.
func TestLiveIsBounded(t *testing.T) {
	var live Live
	const n = 3 * LiveWords
	for i := range n {
		at := float64(i) * 0.4
		live.Set(i, turn(at, at+0.4, fmt.Sprint(i/10%3)))
		if err := live.Add([]Word{{Text: "on.", Start: seconds(at), End: seconds(at + 0.3)}}); err != nil {
			t.Fatal(err)
		}
		if i%500 == 0 {
			live.Changes()
		}
	}
	last := live.Changes()
	if w := last[len(last)-1]; w.ID != n || w.Speaker == "" {
		t.Errorf("the last word is %+v", w)
	}
	words := 0
	for _, b := range live.blocks {
		words += len(b.words)
	}
	if words > LiveWords+2*most+500 || len(live.turns) > LiveTurns+2*most {
		t.Errorf("%d words and %d turns kept", words, len(live.turns))
	}
}

func TestLiveTellsWhatChanges(t *testing.T) {
	var live Live
	live.Set(1, turn(0, 2, "a"))
	if err := live.Add(evenly(0, 2, "Shall we start?")); err != nil {
		t.Fatal(err)
	}
	if c := live.Changes(); len(c) != 3 || c[0].ID != 1 || c[2].Speaker != "a" {
		t.Errorf("%+v, want three words of a", c)
	}
	live.Set(2, turn(8, 9, "b"))
	if c := live.Changes(); len(c) != 0 {
		t.Errorf("a turn elsewhere changed %+v", c)
	}
	live.Set(1, turn(0, 2, "b"))
	if c := live.Changes(); len(c) != 3 || c[0].Speaker != "b" {
		t.Errorf("%+v, want three words of b", c)
	}
	if c := live.Changes(); len(c) != 0 {
		t.Errorf("told again: %+v", c)
	}
	if err := live.Add([]Word{{Start: -1}}); err == nil {
		t.Error("a word before the beginning: no error")
	}
}

func BenchmarkLive(b *testing.B) {
	list, turns := meeting(1, 180)
	b.ReportAllocs()
	for b.Loop() {
		var live Live
		at := 0
		for i, t := range turns {
			half := t
			half.End -= (t.End - t.Start) / 2
			live.Set(i, half)
			live.Changes()
			live.Set(i, t)
			for ; at < len(list) && list[at].End <= t.End; at++ {
				if err := live.Add(list[at : at+1]); err != nil {
					b.Fatal(err)
				}
			}
			live.Changes()
		}
	}
	b.ReportMetric(float64(len(list)), "words")
}
