package words

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// seconds reads a time for a test.
func seconds(s float64) time.Duration { return time.Duration(s*1e6+0.5) * time.Microsecond }

// evenly spreads the words of a text over a stretch of time.
func evenly(start, end float64, text string) []Word {
	var out []Word
	list := strings.Fields(text)
	step := (end - start) / float64(len(list))
	for i, w := range list {
		at := start + float64(i)*step
		out = append(out, Word{Text: w, Start: seconds(at), End: seconds(at + step)})
	}
	return out
}

func turn(start, end float64, who string) Turn {
	return Turn{Start: seconds(start), End: seconds(end), Speaker: who}
}

// speakers joins and gives the speakers in one line, "-" for nobody.
func speakers(t *testing.T, list []Word, turns []Turn) string {
	t.Helper()
	out, err := Join(list, turns)
	if err != nil {
		t.Fatal(err)
	}
	var who []string
	for _, w := range out {
		if w.Speaker == "" {
			w.Speaker = "-"
		}
		who = append(who, w.Speaker)
	}
	return strings.Join(who, " ")
}

func TestJoin(t *testing.T) {
	type test struct {
		name  string
		words []Word
		turns []Turn
		want  string
	}
	doubtful := turn(1.1, 1.6, "b")
	doubtful.Confidence = 0.4
	unknown := turn(0.9, 1.5, "")
	for _, c := range []test{
		{"two turns", slices.Concat(evenly(0, 2, "How are you?"), evenly(2.1, 3, "Fine, thanks.")),
			[]Turn{turn(0, 2, "a"), turn(2.1, 3, "b")}, "a a a b b"},
		{"the middle of a word is past the change", slices.Concat(evenly(0, 2.6, "That is what I say."), evenly(2.6, 3.5, "So it is.")),
			[]Turn{turn(0, 2.25, "a"), turn(2.25, 3.5, "b")}, "a a a a a b b b"},
		{"a doubtful fragment within a sentence", evenly(0, 3, "we should go there before it rains again"),
			[]Turn{turn(0, 1.1, "a"), doubtful, turn(1.6, 3, "a")}, "a a a a a a a a"},
		{"too little evidence within a sentence", evenly(0, 3, "we should go there before it rains again"),
			[]Turn{turn(0, 0.9, "a"), unknown, turn(1.5, 3, "a")}, "a a a a a a a a"},
		{"a sure interjection", slices.Concat(evenly(0, 2, "We should go."), evenly(2.05, 2.6, "Yes, now."), evenly(2.65, 4, "Before it rains.")),
			[]Turn{turn(0, 2, "a"), turn(2.05, 2.6, "b"), turn(2.65, 4, "a")}, "a a a b b a a a"},
		{"missed by the detector, beside its speaker", evenly(0, 2.4, "This is the end of it."),
			[]Turn{turn(0, 1.9, "a"), turn(6, 8, "b")}, "a a a a a a"},
		{"nobody spoke", slices.Concat(evenly(0, 2, "Here I am."), evenly(30, 31, "Thank you.")),
			[]Turn{turn(0, 2, "a"), turn(60, 70, "b")}, "a a a - -"},
		{"too long after the last word", slices.Concat(evenly(0, 2, "Here I am."), evenly(5.5, 6.5, "Thank you.")),
			[]Turn{turn(0, 2, "a")}, "a a a - -"},
		{"no turns", evenly(0, 2, "Is anybody there?"), nil, "- - -"},
		{"no words", nil, []Turn{turn(0, 2, "a")}, ""},
		// "Really?" is said while the sentence ends, as in the demo.
		{"overlap", []Word{{Text: "fetch", Start: seconds(30.9), End: seconds(31.2)}, {Text: "them", Start: seconds(31.2), End: seconds(31.4)},
			{Text: "ourselves.", Start: seconds(31.4), End: seconds(31.97)}, {Text: "Really?", Start: seconds(31.62), End: seconds(31.92)},
			{Text: "That", Start: seconds(32.4), End: seconds(32.6)}},
			[]Turn{turn(27, 31.97, "a"), turn(31.62, 31.92, "b"), turn(32.4, 34, "c")}, "a a a b c"},
		{"talked over and going on", []Word{{Text: "but", Start: seconds(1), End: seconds(1.3)}, {Text: "they", Start: seconds(1.3), End: seconds(1.5)},
			{Text: "Okay.", Start: seconds(1.45), End: seconds(1.8)}, {Text: "want", Start: seconds(1.5), End: seconds(1.9)},
			{Text: "the", Start: seconds(1.9), End: seconds(2)}, {Text: "tanks.", Start: seconds(2), End: seconds(2.5)}},
			[]Turn{turn(0, 2.5, "a"), turn(1.45, 1.8, "b")}, "a a b a a a"},
		{"a dash in a caption", []Word{{Text: "-", Start: seconds(0), End: seconds(1), Estimated: true, Break: true}, {Text: "Coming?", Start: seconds(0), End: seconds(1), Estimated: true},
			{Text: "-Sure.", Start: seconds(1), End: seconds(1.8), Estimated: true, Break: true}},
			[]Turn{turn(0, 1.1, "a"), turn(1.1, 1.9, "b")}, "a a b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := speakers(t, c.words, c.turns); got != c.want {
				t.Errorf("said by %s\nwant    %s", got, c.want)
			}
		})
	}
}

func TestJoinRefusesImpossibleWords(t *testing.T) {
	good := Word{Text: "good", Start: seconds(1), End: seconds(2)}
	for _, bad := range []Word{{Text: "bad", Start: -1, End: seconds(1)}, {Text: "bad", Start: seconds(2), End: seconds(1)},
		{Text: "bad", Start: 0, End: 1<<63 - 1}} {
		out, err := Join([]Word{good, bad}, nil)
		var e *WordError
		if !errors.As(err, &e) || e.Index != 1 || out != nil {
			t.Errorf("%v: %v, %v, want an error about word 2", bad, out, err)
		}
	}
}

// scenes are words and turns of any kind.
func scenes(t *rapid.T) ([]Word, []Turn) {
	texts := []string{"yes", "no.", "and,", "Really?", "-so", "wer", "然后", "", "…"}
	at := func(label string, most int) time.Duration {
		return time.Duration(rapid.IntRange(0, most).Draw(t, label)) * 10 * time.Millisecond
	}
	var list []Word
	for range rapid.IntRange(0, 60).Draw(t, "words") {
		start := at("start", 6000)
		list = append(list, Word{Text: rapid.SampledFrom(texts).Draw(t, "text"), Start: start, End: start + at("length", 600),
			Estimated: rapid.Bool().Draw(t, "estimated"), Break: rapid.Bool().Draw(t, "break")})
	}
	var turns []Turn
	for range rapid.IntRange(0, 30).Draw(t, "turns") {
		start := at("from", 6000)
		turns = append(turns, Turn{Start: start, End: start + at("for", 1000), Speaker: rapid.SampledFrom([]string{"", "a", "b", "c", "d"}).Draw(t, "speaker"),
			Confidence: rapid.Float64Range(0, 1).Draw(t, "confidence")})
	}
	return list, turns
}

// Every word comes back once, by time, with a speaker of the turns and a
// probability, whatever the order of words and turns.
func TestJoinKeepsAllWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list, turns := scenes(t)
		out, err := Join(list, turns)
		if err != nil {
			t.Fatal(err)
		}
		var back []Word
		for _, w := range out {
			back = append(back, w.Word)
			known := w.Speaker == "" || slices.ContainsFunc(turns, func(t Turn) bool { return t.Speaker == w.Speaker })
			if !known || !(w.Probability >= 0 && w.Probability <= 1+1e-9) {
				t.Fatalf("%+v", w)
			}
		}
		want := slices.Clone(list)
		slices.SortStableFunc(want, byTime)
		if !reflect.DeepEqual(back, want) {
			t.Fatalf("words %v\nwant %v", back, want)
		}
		shuffled := slices.Clone(turns)
		rng := rand.New(rand.NewPCG(1, 2))
		rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		again, err := Join(list, shuffled)
		if err != nil || !reflect.DeepEqual(again, out) {
			t.Fatalf("with the turns in another order: %v, %v\nbefore: %v", again, err, out)
		}
	})
}

// Names of speakers are only names, but for the order of equals.
func TestJoinDoesNotLookAtNames(t *testing.T) {
	list := slices.Concat(evenly(0, 3, "One two three four. Five, six."), evenly(3, 5, "Seven eight? Nine."))
	turns := []Turn{turn(0, 1.7, "a"), turn(1.6, 3.2, "b"), turn(3, 5, "c")}
	before := speakers(t, list, turns)
	for i := range turns {
		turns[i].Speaker = map[string]string{"a": "x", "b": "w", "c": "v"}[turns[i].Speaker]
	}
	after := strings.NewReplacer("x", "a", "w", "b", "v", "c").Replace(speakers(t, list, turns))
	if before != after {
		t.Errorf("%s, with other names %s", before, after)
	}
}

// A turn changes nothing for words that are farther away than a block and its
// reach, which is what lets a live join look at little.
func TestJoinIsLocal(t *testing.T) {
	var list []Word
	var turns []Turn
	for i := range 400 {
		at := float64(i)
		list = append(list, evenly(at, at+0.9, "on and on")...)
		turns = append(turns, turn(at, at+0.95, string(rune('a'+i/7%3))))
	}
	before, err := Join(list, turns)
	if err != nil {
		t.Fatal(err)
	}
	turns[0].Speaker, turns[1].Speaker = "c", "c"
	after, err := Join(list, turns)
	if err != nil {
		t.Fatal(err)
	}
	if reflect.DeepEqual(before[:6], after[:6]) {
		t.Error("the words of the changed turns did not change")
	}
	if !reflect.DeepEqual(before[most:], after[most:]) {
		t.Error("words of another block changed")
	}
}

func TestBlocksAreBounded(t *testing.T) {
	var list []Word
	for i := range 5000 { // nobody ever pauses or ends a sentence
		list = append(list, Word{Text: "on", Start: seconds(float64(i) / 3), End: seconds(float64(i+1) / 3)})
	}
	n := 0
	for _, b := range blocks(list) {
		if len(b) > most {
			t.Errorf("a block of %d words, want at most %d", len(b), most)
		}
		n += len(b)
	}
	if n != len(list) {
		t.Errorf("%d words in blocks of %d", n, len(list))
	}
}

func TestEnding(t *testing.T) {
	for text, want := range map[string]ends{"so": nothing, "so,": clause, "so.": sentence, `so."`: sentence, "so?)": sentence,
		"はい。": sentence, "wait...": clause, "wait…": clause, "نعم؟": sentence, "3.5": nothing, "": nothing, "—": clause} {
		if got := ending(text); got != want {
			t.Errorf("%q ends %v, want %v", text, got, want)
		}
	}
}

func BenchmarkJoin(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	var list []Word
	var turns []Turn
	at := 0.0
	for at < 3*3600 {
		length := 1 + 6*rng.Float64()
		who := string(rune('a' + rng.IntN(4)))
		turns = append(turns, turn(at, at+length, who))
		list = append(list, evenly(at, at+length, strings.Repeat("so on, ", max(1, int(length*1.5)))+"end.")...)
		at += length + 0.5*rng.Float64() - 0.1
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Join(list, turns); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(list)), "words")
}
