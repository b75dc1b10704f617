package resample

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/internal/dsp/numeric"
)

const outRate = 16000

// rates are what recorders write, telephones send, and odd ones with many phases.
var rates = []int{8000, 11025, 12000, 16000, 22050, 24000, 32000, 44056, 44100, 48000, 88200, 96000, 192000, 44101, 7999, 16001}

func convert(t testing.TB, from, to int, in []float32) []float32 {
	t.Helper()
	r, err := New(from, to)
	if err != nil {
		t.Fatal(err)
	}
	return r.Flush(r.Push(nil, in))
}

func sine(rate int, hz float64, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(math.Sin(2 * math.Pi * hz * float64(i) / float64(rate)))
	}
	return s
}

func decibels(power float64) float64 { return 10 * math.Log10(power+1e-30) }

// TestSines holds the filter to its promise at every frequency: a sine below
// the passband edge comes out as the sine sampled at n/to (which proves gain,
// delay, and the absence of aliases and images together), one above the
// Nyquist frequency does not come out.
func TestSines(t *testing.T) {
	for _, from := range rates {
		t.Run(fmt.Sprint(from), func(t *testing.T) {
			lower := float64(min(from, outRate)) / 2
			worstPass, worstStop := -300.0, -300.0
			for k := range 60 {
				hz := (float64(k) + 0.37) / 60 * float64(from) / 2
				out := convert(t, from, outRate, sine(from, hz, from/4))
				edge := 400 // the ends, where the sine begins and stops, are a different signal
				pass := hz <= lower*(1-transition)
				if !pass && hz < lower {
					continue
				}
				var e float64
				for n := edge; n < len(out)-edge; n++ {
					want := 0.0
					if pass {
						want = math.Sin(2 * math.Pi * hz * float64(n) / outRate)
					}
					e += (float64(out[n]) - want) * (float64(out[n]) - want)
				}
				db := decibels(2 * e / float64(len(out)-2*edge)) // relative to the sine's power, 1/2
				if pass {
					worstPass = max(worstPass, db)
				} else {
					worstStop = max(worstStop, db)
				}
			}
			t.Logf("passband error %.1f dB, alias %.1f dB", worstPass, worstStop)
			if worstPass > -70 || worstStop > -70 {
				t.Errorf("passband error %.1f dB, alias %.1f dB: expected at most -70", worstPass, worstStop)
			}
		})
	}
}

// TestSweep drives a continuous sweep from the output's Nyquist frequency to
// the input's through the filter: nothing may be heard at any moment of it.
func TestSweep(t *testing.T) {
	for _, from := range []int{22050, 24000, 32000, 44100, 48000, 96000, 192000} {
		n := 4 * from
		f0, f1 := 8000.0, float64(from)/2
		in := make([]float32, n)
		for i := range in {
			u := float64(i) / float64(from)
			in[i] = float32(math.Sin(2 * math.Pi * (f0*u + (f1-f0)*u*u/8)))
		}
		out := convert(t, from, outRate, in)
		worst := -300.0
		// The sweep's own onset and end are clicks of every frequency.
		for i := outRate / 10; i+160 < len(out)-outRate/10; i += 160 {
			var p float64
			for _, x := range out[i : i+160] {
				p += float64(x) * float64(x)
			}
			worst = max(worst, decibels(2*p/160))
		}
		t.Logf("%d Hz: loudest 10 ms of the sweep %.1f dB", from, worst)
		if worst > -70 {
			t.Errorf("%d Hz: loudest 10 ms of the sweep %.1f dB: expected at most -70", from, worst)
		}
	}
}

// direct evaluates the same interpolation as a sum over the whole input, with
// the filter computed for each output alone.
func direct(from, to int, in []float32) []float64 {
	g := numeric.GCD(from, to)
	up, down := to/g, from/g
	out := make([]float64, (len(in)*up+down-1)/down)
	for n := range out {
		centre, phase := n*down/up, n*down%up
		b := newBankRow(from, to, float64(phase)/float64(up))
		for j, h := range b {
			if i := centre + j - len(b)/2 + 1; i >= 0 && i < len(in) {
				out[n] += h * float64(in[i])
			}
		}
	}
	return out
}

func newBankRow(from, to int, shift float64) []float64 {
	nyquist := min(1, float64(to)/float64(from))
	half := newBank(from, to, 1, 1).half
	h := make([]float64, 2*half)
	sum := 0.0
	for j := range h {
		t := float64(j-half+1) - shift
		h[j] = sinc(nyquist*(1-transition/2)*t) * kaiser(t/float64(half), 0.1102*(attenuation-8.7))
		sum += h[j]
	}
	for j := range h {
		h[j] /= sum
	}
	return h
}

func TestAgainstDirectSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.SampledFrom(append(slices.Clone(rates), 37800, 50000)).Draw(t, "from")
		to := rapid.SampledFrom([]int{16000, 8000, 48000}).Draw(t, "to")
		if from == to {
			t.Skip("copied")
		}
		in := rapid.SliceOfN(rapid.Float32Range(-1, 1), 0, 300).Draw(t, "in")
		r, err := New(from, to)
		if err != nil {
			t.Fatal(err)
		}
		got := r.Flush(r.Push(nil, in))
		want := direct(from, to, in)
		if len(got) != len(want) || int64(len(got)) != r.Length(int64(len(in))) {
			t.Fatalf("%d outputs, direct %d, Length %d", len(got), len(want), r.Length(int64(len(in))))
		}
		for n := range want {
			// float32 sums of some hundred terms; 512 interpolated rows.
			if math.Abs(float64(got[n])-want[n]) > 3e-5 {
				t.Fatalf("output %d: %g, direct %g", n, got[n], want[n])
			}
		}
	})
}

func TestBlockSizesChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.SampledFrom(rates).Draw(t, "from")
		in := sine(from, 440, rapid.IntRange(0, 6000).Draw(t, "length"))
		whole, err := New(from, outRate)
		if err != nil {
			t.Fatal(err)
		}
		want := whole.Flush(whole.Push(nil, in))

		r, _ := New(from, outRate)
		var got []float32
		for rest := in; len(rest) > 0; {
			n := min(len(rest), rapid.IntRange(0, 1500).Draw(t, "block"))
			got = r.Push(got, rest[:n])
			rest = rest[n:]
		}
		got = r.Flush(got)
		if !slices.Equal(got, want) {
			t.Fatalf("blocks changed the output (%d and %d samples)", len(got), len(want))
		}

		r.Reset()
		if again := r.Flush(r.Push(nil, in)); !slices.Equal(again, want) {
			t.Fatal("Reset left something behind")
		}
	})
}

// TestImpulse: a click at time t comes out centred on sample 16000·t.
func TestImpulse(t *testing.T) {
	for _, from := range []int{8000, 44100, 48000, 96000} {
		in := make([]float32, from)
		in[from/2] = 1
		out := convert(t, from, outRate, in)
		if len(out) != outRate {
			t.Errorf("%d Hz: one second gave %d samples", from, len(out))
		}
		best := 0
		for n := range out {
			if math.Abs(float64(out[n])) > math.Abs(float64(out[best])) {
				best = n
			}
		}
		if best != outRate/2 {
			t.Errorf("%d Hz: click at %d, expected %d", from, best, outRate/2)
		}
		for k := 1; k < 100; k++ {
			if d := math.Abs(float64(out[best-k] - out[best+k])); d > 1e-6 {
				t.Errorf("%d Hz: not symmetric by %g at distance %d", from, d, k)
			}
		}
	}
}

func TestRatesOutOfRange(t *testing.T) {
	for _, bad := range [][2]int{{0, 16000}, {16000, 0}, {-8000, 16000}, {999, 16000}, {768001, 16000}, {math.MaxInt32, 16000}} {
		if _, err := New(bad[0], bad[1]); err == nil {
			t.Errorf("New(%d, %d) succeeded", bad[0], bad[1])
		}
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	for _, from := range []int{8000, 44100, 48000, 44101} {
		r, err := New(from, outRate)
		if err != nil {
			t.Fatal(err)
		}
		in := sine(from, 440, from/50)
		dst := make([]float32, 0, 1000)
		if n := testing.AllocsPerRun(200, func() { dst = r.Push(dst[:0], in) }); n != 0 {
			t.Errorf("%d Hz: %g allocations per block", from, n)
		}
	}
}

// TestBadSamples holds that samples that are no sound count as silence, and that the caller's slice is unchanged.
func TestBadSamples(t *testing.T) {
	for _, from := range []int{8000, 16000, 44100, 44101} {
		x := sine(from, 440, 3000)
		y := slices.Clone(x)
		for i, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32, -1e20} {
			x[100+500*i], y[100+500*i] = 0, bad
		}
		if want, got := convert(t, from, outRate, x), convert(t, from, outRate, y); !slices.Equal(got, want) {
			t.Errorf("%d Hz: other sound than with silence in place of the bad samples", from)
		}
		if y[100] == y[100] || y[600] < 1 {
			t.Errorf("%d Hz: the caller's samples were changed", from)
		}
	}
}

// TestLengthOfAnything holds that Length of any number overflows only if its result does.
func TestLengthOfAnything(t *testing.T) {
	for _, from := range rates {
		r, err := New(from, outRate)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int64{0, 1, 1 << 40, 1<<53 + 1, math.MaxInt64 / 4} {
			want := new(big.Int).Mul(big.NewInt(n), big.NewInt(outRate))
			want.Add(want, big.NewInt(int64(from)-1)).Div(want, big.NewInt(int64(from)))
			if got := r.Length(n); big.NewInt(got).Cmp(want) != 0 {
				t.Errorf("%d samples of %d Hz: %d, expected %v", n, from, got, want)
			}
		}
	}
}

// TestSilenceEnds holds that the output is silence once silence has gone through the filter.
func TestSilenceEnds(t *testing.T) {
	for _, from := range []int{8000, 44100, 44101} {
		r, err := New(from, outRate)
		if err != nil {
			t.Fatal(err)
		}
		r.Push(nil, sine(from, 440, 3000))
		r.Push(nil, make([]float32, 2*r.bank.taps))
		for _, y := range r.Push(nil, make([]float32, 1000)) {
			if y != 0 {
				t.Fatalf("%d Hz: %g in the silence", from, y)
			}
		}
	}
}

func BenchmarkResample(b *testing.B) {
	for _, from := range []int{8000, 22050, 44100, 48000, 96000, 44101} {
		b.Run(fmt.Sprint(from), func(b *testing.B) {
			r, err := New(from, outRate)
			if err != nil {
				b.Fatal(err)
			}
			in := sine(from, 440, from)
			dst := make([]float32, 0, outRate+1)
			b.ReportAllocs()
			for b.Loop() {
				dst = r.Push(dst[:0], in)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/s-audio")
		})
	}
}
