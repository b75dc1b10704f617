package lab

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// voices is a corpus of made-up voices: syllables of tones with overtones, a
// pause after every fourth.
func voices() *Corpus {
	c := &Corpus{Noises: map[string][]float32{"hiss": Coloured(rand.New(rand.NewPCG(1, 1)), Rate, 1, 0)}}
	for k := range 6 {
		x := make([]float32, 6*Rate)
		for i := range x {
			t := float64(i) / Rate
			env := math.Sin(math.Pi * math.Mod(t, 0.2) / 0.2)
			if int(t/0.2)%4 == 3 {
				env = 0
			}
			for h := range 8 {
				x[i] += float32(0.05 * env * math.Sin(2*math.Pi*float64((100+20*k)*(h+1))*t))
			}
		}
		c.Utterances = append(c.Utterances, Utterance{Speaker: string(rune('a' + k/2)), Telephone: k < 2, Samples: x, Speech: label(x)})
	}
	return c
}

func TestSeedsMakeClips(t *testing.T) {
	c := Composer{Corpus: voices(), Seconds: 8}
	for _, scene := range Scenes {
		a, b, other := c.Compose(scene, 1), c.Compose(scene, 1), c.Compose(scene, 2)
		if !slices.Equal(a.Samples, b.Samples) || !slices.Equal(a.Speech, b.Speech) {
			t.Errorf("%s: the same seed gives another clip", scene)
		}
		if slices.Equal(a.Samples, other.Samples) {
			t.Errorf("%s: another seed gives the same clip", scene)
		}
		if len(a.Samples) != 8*Rate || len(a.Speech) != 8*Rate/hop {
			t.Errorf("%s: %d samples and %d labels, want those of 8 s", scene, len(a.Samples), len(a.Speech))
		}
		if i := slices.IndexFunc(a.Samples, func(v float32) bool { return !(v >= -1 && v <= 1) }); i >= 0 {
			t.Errorf("%s: sample %d is %v", scene, i, a.Samples[i])
		}
		if speech := slices.Contains(a.Speech, true); speech == (scene == "noise") {
			t.Errorf("%s: speech %v", scene, speech)
		}
	}
}

// Speech is louder than what is not, in clips whose background is far below.
func TestLabelsFollowTheSound(t *testing.T) {
	c := Composer{Corpus: voices(), Seconds: 20}
	for seed := range uint64(10) {
		clip := newClip("close", 20*Rate)
		c.converse(rand.New(rand.NewPCG(seed, 1)), &clip, style{talkers: 2, loudness: 2, pause: 1})
		var in, out, n, m float64
		for i, v := range clip.Speech {
			p := power(clip.Samples[i*hop : (i+1)*hop])
			if v {
				in, n = in+p, n+1
			} else {
				out, m = out+p, m+1
			}
		}
		if n == 0 || m > 0 && out/m > 0.02*in/n {
			t.Errorf("seed %d: power %.2g in %v frames of speech, %.2g in %v others", seed, in/n, n, out/m, m)
		}
	}
}

func TestHesitationsAddPausesAndKeepTheRest(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, u := range voices().Utterances {
		x, speech := hesitate(r, u.Samples, u.Speech)
		if len(x) != len(speech)*hop || len(x) < len(u.Samples) {
			t.Fatalf("%d samples and %d labels of %d samples", len(x), len(speech), len(u.Samples))
		}
		count := func(s []bool) (n int) {
			for _, v := range s {
				if v {
					n++
				}
			}
			return n
		}
		if count(speech) != count(u.Speech) {
			t.Errorf("%d frames of speech, before %d", count(speech), count(u.Speech))
		}
	}
}

func TestNoisesHaveUnitPower(t *testing.T) {
	c := Composer{Corpus: voices()}
	for _, kind := range append(slices.Clone(Beds), Passing...) {
		x := c.Bed(rand.New(rand.NewPCG(5, 5)), kind, 2*Rate)
		if p := power(x); math.Abs(p-1) > 0.01 {
			t.Errorf("%s: mean square %v, want 1", kind, p)
		}
	}
}

func TestWithoutLeavesOut(t *testing.T) {
	c := Composer{Corpus: voices(), Without: []string{"gusts", "hiss"}}
	r := rand.New(rand.NewPCG(6, 6))
	for range 100 {
		if k := c.pick(r, Beds); k == "gusts" {
			t.Fatal("picked what is to be left out")
		}
	}
	if x := c.recorded(r, Rate); x != nil {
		t.Error("a recorded noise that is to be left out")
	}
}

func TestFill(t *testing.T) {
	parse := func(s string) (out []bool) {
		for _, c := range s {
			out = append(out, c == 'x')
		}
		return out
	}
	got := parse("..xx..x...xx.")
	Fill(got, 3)
	if want := parse("..xxxxx...xx."); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
