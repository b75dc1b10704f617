package features

import (
	"errors"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"pgregory.net/rapid"
)

// extract runs an extractor over samples in blocks of the given sizes (the
// last one repeats) and returns copies of its frames.
func extract(tb testing.TB, cfg Config, samples []float32, blocks ...int) [][]float64 {
	tb.Helper()
	e, err := NewExtractor(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	var frames [][]float64
	keep := func(f []float64) { frames = append(frames, slices.Clone(f)) }
	for i := 0; len(samples) > 0; i++ {
		n := min(blocks[min(i, len(blocks)-1)], len(samples))
		e.Push(samples[:n], keep)
		samples = samples[n:]
	}
	e.Flush(keep)
	return frames
}

func noise(seed uint64, n int) []float32 {
	rng := rand.New(rand.NewPCG(seed, 1))
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(0.1 * rng.NormFloat64() * (1 + math.Sin(float64(i)/3000)))
	}
	return s
}

// TestFramesByDefinition computes one recording's features straight from the
// definitions: a discrete Fourier sum, filters evaluated at every line, a
// cosine sum, and the delta regression with its ends repeated.
func TestFramesByDefinition(t *testing.T) {
	cfg := Default()
	cfg.Energy = true
	samples := noise(1, 2500)
	got := extract(t, cfg, samples, 333)
	count := (len(samples) + Hop - 1) / Hop
	if len(got) != count {
		t.Fatalf("%d frames for %d samples, expected %d", len(got), len(samples), count)
	}
	statics := make([][]float64, count)
	mel := func(hz float64) float64 { return 2595 * math.Log10(1+hz/700) }
	for i := range statics {
		x := make([]float64, Window)
		for n := range x {
			at := func(j int) float64 {
				if i*Hop+j < len(samples) {
					return float64(samples[i*Hop+j])
				}
				return 0
			}
			x[n] = (at(n) - 0.97*at(max(n-1, 0))) * (0.54 - 0.46*math.Cos(2*math.Pi*float64(n)/(Window-1)))
		}
		logs := make([]float64, cfg.Filters)
		var energy float64
		for j := range logs {
			step := (mel(cfg.HighHz) - mel(cfg.LowHz)) / float64(cfg.Filters+1)
			centre := mel(cfg.LowHz) + step*float64(j+1)
			var sum float64
			for k := range 257 {
				w := 1 - math.Abs(mel(float64(k)*16000/512)-centre)/step
				if w <= 0 {
					continue
				}
				var spec complex128
				for n, v := range x {
					spec += complex(v, 0) * cmplx.Rect(1, -2*math.Pi*float64(k*n%512)/512)
				}
				sum += w * real(spec*cmplx.Conj(spec)) / 512
			}
			logs[j] = math.Log(sum + 1e-9)
			energy += sum
		}
		for c := 1; c <= cfg.Ceps; c++ {
			var sum float64
			for j, l := range logs {
				sum += l * math.Cos(math.Pi*float64(c)*(2*float64(j)+1)/float64(2*cfg.Filters))
			}
			statics[i] = append(statics[i], sum*math.Sqrt(2/float64(cfg.Filters)))
		}
		statics[i] = append(statics[i], math.Log(energy+1e-9))
	}
	for i, f := range got {
		want := slices.Clone(statics[i])
		at := func(t int) []float64 { return statics[min(max(t, 0), count-1)] }
		for c := range statics[i] {
			want = append(want, (at(i + 1)[c]-at(i - 1)[c]+2*(at(i + 2)[c]-at(i - 2)[c]))/10)
		}
		if !floats.EqualApprox(f, want, 1e-8) {
			t.Fatalf("frame %d is\n%v, expected\n%v", i, f, want)
		}
	}
}

func TestBlocksDoNotMatter(t *testing.T) {
	samples := noise(2, 9000)
	rapid.Check(t, func(t *rapid.T) {
		cfg := Default()
		cfg.Deltas = rapid.Bool().Draw(t, "deltas")
		cfg.Energy = rapid.Bool().Draw(t, "energy")
		cfg.DeltaSpan = rapid.IntRange(1, 4).Draw(t, "span")
		n := rapid.IntRange(0, len(samples)).Draw(t, "samples")
		blocks := rapid.SliceOfN(rapid.IntRange(1, 1200), 1, 20).Draw(t, "blocks")
		e, err := NewExtractor(cfg)
		if err != nil {
			t.Fatal(err)
		}
		var whole, parts [][]float64
		e.Push(samples[:n], func(f []float64) { whole = append(whole, slices.Clone(f)) })
		if got := len(whole); got < n/Hop-e.Delay() {
			t.Fatalf("%d frames after %d samples, expected at least %d", got, n, n/Hop-e.Delay())
		}
		e.Flush(func(f []float64) { whole = append(whole, slices.Clone(f)) })
		if want := (n + Hop - 1) / Hop; len(whole) != want {
			t.Fatalf("%d frames for %d samples, expected %d", len(whole), n, want)
		}
		keep := func(f []float64) { parts = append(parts, slices.Clone(f)) }
		for i, rest := 0, samples[:n]; len(rest) > 0; i++ { // the same extractor, after Flush
			k := min(blocks[i%len(blocks)], len(rest))
			e.Push(rest[:k], keep)
			rest = rest[k:]
		}
		e.Flush(keep)
		if !slices.EqualFunc(whole, parts, slices.Equal[[]float64]) {
			t.Fatal("frames differ between one block and several")
		}
	})
}

// TestPassedOver holds that frames are the same whichever of the others are passed
// over, and whenever they are asked for.
func TestPassedOver(t *testing.T) {
	samples := noise(7, 9000)
	rapid.Check(t, func(t *rapid.T) {
		cfg := Default()
		cfg.DeltaSpan = rapid.IntRange(1, 4).Draw(t, "span")
		cfg.Deltas = rapid.Bool().Draw(t, "deltas")
		e, err := NewExtractor(cfg)
		if err != nil {
			t.Fatal(err)
		}
		var want [][]float64
		keep := func(f []float64) { want = append(want, slices.Clone(f)) }
		e.Push(samples, keep)
		e.Flush(keep)
		at := 0
		take := func(some bool) {
			for e.Waiting() > 0 && (!some || rapid.IntRange(0, 9).Draw(t, "later") > 0) {
				if rapid.Bool().Draw(t, "wanted") {
					if got := e.Next(); !slices.Equal(got, want[at]) {
						t.Fatalf("frame %d is\n%v, expected\n%v", at, got, want[at])
					}
				} else {
					e.Pass()
				}
				at++
			}
		}
		for rest := samples; len(rest) > 0; {
			n := min(rapid.IntRange(1, 3000).Draw(t, "block"), len(rest))
			e.Add(rest[:n])
			rest = rest[n:]
			take(true)
		}
		e.End()
		if take(false); at != len(want) {
			t.Fatalf("%d frames, expected %d", at, len(want))
		}
	})
}

func TestLevelMovesEnergyOnly(t *testing.T) {
	cfg := Default()
	cfg.Energy = true
	loud := noise(3, 4000)
	quiet := slices.Clone(loud)
	for i := range quiet {
		quiet[i] /= 8
	}
	a, b := extract(t, cfg, loud, 4000), extract(t, cfg, quiet, 4000)
	for i := range a[:20] {
		a[i][cfg.Ceps] -= math.Log(64)
		if !floats.EqualApprox(a[i], b[i], 1e-2) {
			t.Fatalf("frame %d: %v at full level, %v at an eighth", i, a[i], b[i])
		}
	}
}

func TestFeatureConfigErrors(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"filters": func(c *Config) { c.Filters = 1 }, "ceps": func(c *Config) { c.Ceps = c.Filters },
		"span": func(c *Config) { c.DeltaSpan = 0 }, "low": func(c *Config) { c.LowHz = 4000 },
		"high": func(c *Config) { c.HighHz = 9000 }, "nan": func(c *Config) { c.LowHz = math.NaN() },
		"prior": func(c *Config) { c.MeanPrior = -1 }, "zero": func(c *Config) { *c = Config{} },
	} {
		cfg := Default()
		change(&cfg)
		if _, err := NewExtractor(cfg); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: error %v, expected ErrConfig", name, err)
		}
	}
}

func TestNarrowFiltersHaveALine(t *testing.T) {
	cfg := Default()
	cfg.Filters, cfg.Ceps = 60, 20
	for i, f := range newMelBank(cfg.Filters, cfg.LowHz, cfg.HighHz) {
		if floats.Sum(f.weights) <= 0 {
			t.Errorf("filter %d is empty", i)
		}
	}
	extract(t, cfg, noise(4, 1000), 1000)
}

func TestNormalizer(t *testing.T) {
	n := NewNormalizer([]float64{1, 2}, 2)
	got := make([]float64, 2)
	if n.Apply(got, []float64{1, 1}); !slices.Equal(got, []float64{0, -1}) {
		t.Errorf("before any speech %v, expected the model's mean off", got)
	}
	n.Update([]float64{4, 8})
	if want := []float64{2, 4}; !floats.EqualApprox(n.Mean(), want, 1e-12) {
		t.Errorf("mean %v, expected %v", n.Mean(), want)
	}
	n.Reset()
	if want := []float64{1, 2}; !slices.Equal(n.Mean(), want) {
		t.Errorf("mean %v after Reset, expected %v", n.Mean(), want)
	}
}

func TestNoAllocations(t *testing.T) {
	e, err := NewExtractor(Default())
	if err != nil {
		t.Fatal(err)
	}
	n := NewNormalizer(make([]float64, e.Dim()), 100)
	second := noise(5, sampleRate)
	emit := func(f []float64) { n.Update(f); n.Apply(f, f) }
	if got := testing.AllocsPerRun(5, func() { e.Push(second, emit) }); got != 0 {
		t.Errorf("%v allocations per second of audio, expected 0", got)
	}
	lagging := func() { // two seconds behind
		e.Add(second)
		for e.Waiting() > 200 {
			e.Pass()
		}
	}
	for range 5 {
		lagging()
	}
	if got := testing.AllocsPerRun(5, lagging); got != 0 {
		t.Errorf("%v allocations per second of audio passed over, expected 0", got)
	}
}

// BenchmarkFeatures reports the time for one second of audio of which every frame
// is wanted.
func BenchmarkFeatures(b *testing.B) {
	e, err := NewExtractor(Default())
	if err != nil {
		b.Fatal(err)
	}
	second := noise(6, sampleRate)
	b.ReportAllocs()
	for b.Loop() {
		e.Push(second, func([]float64) {})
	}
}
