package vad_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
	"github.com/seed-7adb9000/diarizer/vad"
)

// TestSkippedSilence holds that a detector that skips digital silence goes on as if
// it had been pushed, whatever came before it and wherever frames and steps of the
// network begin, and that what it leaves out are equal decisions against speech.
func TestSkippedSilence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := vad.Config{Before: rapid.IntRange(-1, 60).Draw(t, "before"), MinSpeech: rapid.IntRange(-1, 40).Draw(t, "least")}
		x := babble(2, rapid.Uint64().Draw(t, "seed"))
		x = x[:rapid.IntRange(0, len(x)).Draw(t, "samples")]
		if rapid.Bool().Draw(t, "offset") {
			for i := range x {
				x[i] += 0.2
			}
		}
		frames := rapid.Int64Range(0, 2000).Draw(t, "frames")
		behind := rapid.IntRange(0, 3*vad.Hop).Draw(t, "silence behind")
		pushed, skipped := detector(t, cfg), detector(t, cfg)
		dst := pushed.Push(pushed.Push(nil, x), make([]float32, 7*vad.Hop))
		skipped.Push(skipped.Push(nil, x), make([]float32, 7*vad.Hop))
		silence := make([]float32, vad.Hop)
		for n := 0; !skipped.Resting(); n++ {
			if n > 400 {
				t.Fatalf("does not rest after %d frames of silence", n)
			}
			dst = pushed.Push(dst, silence)
			skipped.Push(nil, silence)
		}
		last := dst[len(dst)-1]
		for range frames {
			for _, d := range pushed.Push(nil, silence) {
				if d != last || d.Speech {
					t.Fatalf("%+v at rest, %+v before", d, last)
				}
			}
		}
		skipped.Skip(frames)
		after := append(make([]float32, behind), babble(1, 5)...)
		want := pushed.Flush(pushed.Push(nil, after))
		if got := skipped.Flush(skipped.Push(nil, after)); !slices.Equal(got, want) {
			t.Fatalf("%d frames skipped: other decisions afterwards", frames)
		}
	})
}

func detector(t interface{ Fatal(...any) }, cfg vad.Config) *vad.Detector {
	d, err := vad.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestNoRestWithoutSilence holds that the faintest noise is no digital silence.
func TestNoRestWithoutSilence(t *testing.T) {
	d := detector(t, vad.Config{})
	d.Push(nil, make([]float32, 3*16000))
	if !d.Resting() {
		t.Error("does not rest after 3 s of silence")
	}
	x := make([]float32, 3*16000)
	for i := 0; i < len(x); i += 100 {
		x[i] = 1.0 / (1 << 15)
	}
	d.Push(nil, x)
	if d.Resting() {
		t.Error("rests after 3 s with a sample that is not 0 in each frame")
	}
}

// TestOneBadSample holds that samples that are no sound are silence and nothing
// more, and are counted.
func TestOneBadSample(t *testing.T) {
	bad := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32, -1e30, 70000}
	rapid.Check(t, func(t *rapid.T) {
		x := babble(2, rapid.Uint64().Draw(t, "seed"))
		y := slices.Clone(x)
		at := rapid.SliceOfNDistinct(rapid.IntRange(0, len(x)-1), 1, 20, rapid.ID).Draw(t, "at")
		for _, i := range at {
			x[i], y[i] = 0, rapid.SampledFrom(bad).Draw(t, "bad")
		}
		before := slices.Clone(y)
		d, e := detector(t, vad.Config{}), detector(t, vad.Config{})
		want := d.Flush(d.Push(nil, x))
		var got []vad.Decision
		for rest := y; len(rest) > 0; {
			n := min(len(rest), rapid.IntRange(1, 1000).Draw(t, "block"))
			got = e.Push(got, rest[:n])
			rest = rest[n:]
		}
		if got = e.Flush(got); !slices.Equal(got, want) {
			t.Fatal("other decisions than with silence in place of the bad samples")
		}
		if e.Replaced() != int64(len(at)) || d.Replaced() != 0 {
			t.Fatalf("%d and %d samples replaced, expected %d and none", e.Replaced(), d.Replaced(), len(at))
		}
		for i := range y {
			if math.Float32bits(y[i]) != math.Float32bits(before[i]) {
				t.Fatal("the caller's samples were changed")
			}
		}
	})
}

// TestDetectorInSilence holds that no number of the detector becomes subnormal in
// silence behind sound.
func TestDetectorInSilence(t *testing.T) {
	d := detector(t, vad.Config{})
	d.Push(nil, babble(3, 4))
	for i := range 600 {
		d.Push(nil, make([]float32, vad.Hop))
		if i%10 > 0 {
			continue
		}
		if at := statetest.Subnormal(d); at != "" {
			t.Fatalf("frame %d of silence: Detector%s is a subnormal number", i, at)
		}
	}
}

// BenchmarkSilence shows that a muted line costs no more than a quiet one.
func BenchmarkSilence(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	bit := make([]float32, 10*16000)
	for i := range bit {
		bit[i] = float32(r.IntN(2)) / (1 << 15)
	}
	for _, c := range []struct {
		name string
		x    []float32
	}{{"speech", babble(10, 3)}, {"zeros after speech", make([]float32, 10*16000)}, {"one bit after speech", bit}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			var out []vad.Decision
			for b.Loop() {
				b.StopTimer()
				d := detector(b, vad.Config{})
				out = d.Push(out[:0], babble(2, 3))
				b.StartTimer()
				out = d.Push(out[:0], c.x)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10, "ns/s_of_audio")
		})
	}
}
