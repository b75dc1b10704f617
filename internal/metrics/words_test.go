package metrics

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// transcript reads "a:yes b:no :what", nobody before the last colon.
func transcript(text string) []Word {
	var out []Word
	for _, f := range strings.Fields(text) {
		who, word, _ := strings.Cut(f, ":")
		out = append(out, Word{Text: word, Speaker: who})
	}
	return out
}

func TestCompareWords(t *testing.T) {
	for _, c := range []struct {
		name, ref, hyp string
		want           Words
	}{
		{"the same under other names", "a:yes b:no b:but", "2:yes 1:no 1:but", Words{Reference: 3, Aligned: 3}},
		{"one word is the other's", "a:yes a:so b:no b:but", "a:yes b:so b:no b:but", Words{Reference: 4, Aligned: 4, Elsewhere: 1, Permuted: 2}},
		{"one word is nobody's", "a:yes b:no", "a:yes :no", Words{Reference: 2, Aligned: 2, Elsewhere: 1, Nobody: 1, Permuted: 2}},
		{"another word", "a:yes b:no", "a:yes b:know", Words{Reference: 2, Aligned: 2, Permuted: 1}},
		{"one left out, one put in", "a:yes a:so b:no", "a:yes b:no b:now", Words{Reference: 3, Aligned: 2, Permuted: 2}},
		{"two are one", "a:yes a:so b:no", "a:yes a:so a:no", Words{Reference: 3, Aligned: 3, Elsewhere: 1, Permuted: 2}},
		{"nothing found", "a:yes", "", Words{Reference: 1, Permuted: 1}},
		{"nothing there", "", "a:yes", Words{Permuted: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := CompareWords(transcript(c.ref), transcript(c.hyp))
			if err != nil || got != c.want {
				t.Errorf("%+v, %v, want %+v", got, err, c.want)
			}
		})
	}
	var none Words
	if !math.IsNaN(none.WDER()) || !math.IsNaN(none.CPWER()) {
		t.Errorf("rates of nothing: %v %v", none.WDER(), none.CPWER())
	}
	both := Words{Reference: 4, Aligned: 4, Elsewhere: 1, Permuted: 2}
	both.Add(Words{Reference: 6, Aligned: 4, Elsewhere: 1, Permuted: 3})
	if both.WDER() != 25 || both.CPWER() != 50 {
		t.Errorf("WDER %v cpWER %v, want 25 and 50", both.WDER(), both.CPWER())
	}
}

func TestCompareWordsIsBounded(t *testing.T) {
	long := make([]Word, 30000)
	if _, err := CompareWords(long, long); err == nil {
		t.Error("30,000 words each: no error")
	}
}

// Permuted is the least over all ways to pair the speakers, tried one by one.
func TestPermutedIsTheLeast(t *testing.T) {
	words := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Word {
		return Word{rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "text"), rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "who")}
	}), 0, 12)
	rapid.Check(t, func(t *rapid.T) {
		ref, hyp := words.Draw(t, "ref"), words.Draw(t, "hyp")
		of := func(list []Word, who string) []Word {
			return slices.DeleteFunc(slices.Clone(list), func(w Word) bool { return w.Speaker != who })
		}
		least := math.MaxInt
		for _, order := range []string{"abc", "acb", "bac", "bca", "cab", "cba"} {
			n := 0
			for i, who := range "abc" {
				n += distance(of(ref, string(who)), of(hyp, order[i:i+1]))
			}
			least = min(least, n)
		}
		got, err := CompareWords(ref, hyp)
		if err != nil || got.Permuted != least {
			t.Fatalf("%d, %v, want %d", got.Permuted, err, least)
		}
		if got.Aligned > min(len(ref), len(hyp)) || got.Elsewhere > got.Aligned {
			t.Fatalf("%+v of %d and %d words", got, len(ref), len(hyp))
		}
		same, err := CompareWords(ref, ref)
		if err != nil || same.Elsewhere != 0 || same.Permuted != 0 || same.Aligned != len(ref) {
			t.Fatalf("with itself %+v, %v", same, err)
		}
	})
}
