package wordbench

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/session/said"
	"github.com/seed-7adb9000/diarizer/words"
)

// variant is one kind of words.
type variant struct {
	name        string
	jitter, lag time.Duration
	bare        bool
}

var variants = []variant{
	{name: "right times"},
	{name: "times off by 50 ms", jitter: 50 * time.Millisecond},
	{name: "times off by 100 ms", jitter: 100 * time.Millisecond},
	{name: "the same, no punctuation", jitter: 100 * time.Millisecond, bare: true},
	{name: "off by 50 ms, 300 ms late", jitter: 50 * time.Millisecond, lag: 300 * time.Millisecond},
}

func (v variant) of(t Talk, seed int) []words.Word {
	rng := rand.New(rand.NewPCG(uint64(seed), 7))
	list := Jitter(t.Words, v.jitter, v.lag, rng.NormFloat64)
	if v.bare {
		list = Bare(list)
	}
	return list
}

// TestMeasure prints the table of docs/words.md for the conversations in
// WORDS_DATA. With WORDS_OUT it writes there what an independent scorer compares.
func TestMeasure(t *testing.T) {
	dir := os.Getenv("WORDS_DATA")
	if dir == "" {
		t.Skip("WORDS_DATA names no directory made by compose.py")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.words.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: no conversations: %v", dir, err)
	}
	var talks []Talk
	for _, p := range paths {
		k, err := Load(p)
		if err != nil {
			t.Fatal(err)
		}
		talks = append(talks, k)
	}
	t.Log("| turns | words | naive WDER | cpWER | join WDER | cpWER | wrong alone, at a change, in overlap: naive | join |")
	for _, source := range []string{"right", "found"} {
		for _, v := range append(variants, variant{name: "heard"}) {
			var naive, join Tally
			file := strings.ReplaceAll(source+" "+v.name, " ", "-")
			for i, k := range talks {
				turns := k.Turns
				if source == "found" {
					turns = k.Found
				}
				list, score := v.of(k, i), k.score
				if v.name == "heard" {
					list, score = k.Heard, k.scoreHeard
				}
				if list == nil || turns == nil {
					continue
				}
				plain := Naive(list, turns)
				joined, err := Joined(list, turns)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range []struct {
					sum  *Tally
					said []words.Said
					file string
				}{{&naive, plain, file + "-naive"}, {&join, joined, file + "-join"}} {
					s, err := score(c.said)
					if err != nil {
						t.Fatal(err)
					}
					c.sum.Add(s)
					if v.name != "heard" { // in the order of the script
						c.said = slices.Clone(c.said)
						for i := range c.said {
							c.said[i].Word = k.Words[i]
						}
					}
					export(t, c.file, k.Name, c.said)
				}
			}
			if naive.Reference == 0 {
				continue
			}
			t.Logf("| %s | %s | %.2f | %.2f | %.2f | %.2f | %v | %v |", source, v.name, naive.WDER(), naive.CPWER(),
				join.WDER(), join.CPWER(), naive.Wrong, join.Wrong)
		}
	}
	for _, k := range talks {
		ref := make([]words.Said, len(k.Words))
		for i, w := range k.Words {
			ref[i] = words.Said{Word: w, Speaker: k.Speakers[i]}
		}
		export(t, "reference", k.Name, ref)
	}
}

// export adds to a file of segments, one a word, as meeteval reads them (SegLST).
func export(t *testing.T, file, session string, list []words.Said) {
	t.Helper()
	dir := os.Getenv("WORDS_OUT")
	if dir == "" {
		return
	}
	type segment struct {
		Session string  `json:"session_id"`
		Speaker string  `json:"speaker"`
		Words   string  `json:"words"`
		Start   float64 `json:"start_time"`
		End     float64 `json:"end_time"`
	}
	path := filepath.Join(dir, file+".json")
	var all []segment
	if data, err := os.ReadFile(path); err == nil {
		if err := json.Unmarshal(data, &all); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range list {
		all = append(all, segment{session, s.Speaker, bare(s.Text), s.Start.Seconds(), s.End.Seconds()})
	}
	data, err := json.Marshal(all)
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// demoTalk is the demo, with its script and its right turns.
func demoTalk() Talk {
	k := Talk{Name: demo.Name, Turns: said.Segments(demo.Reference())}
	for _, w := range demo.Words() {
		k.Words, k.Speakers = append(k.Words, w.Word), append(k.Speakers, w.Speaker)
	}
	return k
}

// Where turns are right, nearly every word of the demo gets its speaker, however
// good the times, and the naive join is wrong at least twice as often.
func TestDemo(t *testing.T) {
	k := demoTalk()
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			var naive, join Tally
			for seed := range 10 {
				list := v.of(k, seed)
				joined, err := Joined(list, k.Turns)
				if err != nil {
					t.Fatal(err)
				}
				a, err := k.score(Naive(list, k.Turns))
				if err != nil {
					t.Fatal(err)
				}
				b, err := k.score(joined)
				if err != nil {
					t.Fatal(err)
				}
				naive.Add(a)
				join.Add(b)
			}
			t.Logf("WDER %.2f, naive %.2f", join.WDER(), naive.WDER())
			if join.WDER() > 2 || join.WDER() > naive.WDER()/2 || join.Nobody > 0 {
				t.Errorf("WDER %.2f (%d by nobody), naive %.2f: want at most 2 and half as much", join.WDER(), join.Nobody, naive.WDER())
			}
		})
	}
}
