package features

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestBankKnowsNoOffset holds that a constant offset changes nothing, and that loudness adds
// to every energy.
func TestBankKnowsNoOffset(t *testing.T) {
	b, rng := NewBank(), rand.New(rand.NewPCG(1, 2))
	x, y := make([]float32, Window), make([]float32, Window)
	for i := range x {
		x[i] = float32(rng.NormFloat64()) / 16
		y[i] = x[i]/2 + 0.25
	}
	a, c := make([]float64, BankSize), make([]float64, BankSize)
	b.Into(a, x)
	b.Into(c, y)
	for i := range a {
		if d := a[i] - c[i] - 2*math.Ln2; math.Abs(d) > 1e-3 {
			t.Errorf("energy %d is %v, at half the loudness %v", i, a[i], c[i])
		}
	}
}

func TestBankOfSilence(t *testing.T) {
	out := make([]float64, BankSize)
	NewBank().Into(out, make([]float32, Window))
	for i, v := range out {
		if v != math.Log(bankFloor) {
			t.Errorf("energy %d of silence is %v, expected %v", i, v, math.Log(bankFloor))
		}
	}
}

// TestBankHearsTones holds that a tone is loudest in the band that it lies in.
func TestBankHearsTones(t *testing.T) {
	b, out := NewBank(), make([]float64, BankSize)
	for want := 5; want < BankSize; want += 10 {
		lo, hi := melScale(bankLow), melScale(bankHigh)
		hz := 700 * math.Expm1((lo+(hi-lo)*float64(want+1)/(BankSize+1))/1127)
		x := make([]float32, Window)
		for i := range x {
			x[i] = float32(math.Sin(2 * math.Pi * hz * float64(i) / sampleRate))
		}
		b.Into(out, x)
		best := 0
		for i, v := range out {
			if v > out[best] {
				best = i
			}
		}
		if best < want-1 || best > want+1 {
			t.Errorf("%.0f Hz is loudest in band %d, expected %d", hz, best, want)
		}
	}
}

func TestBankAllocatesNothing(t *testing.T) {
	b, out, x := NewBank(), make([]float64, BankSize), make([]float32, Window)
	if n := testing.AllocsPerRun(10, func() { b.Into(out, x) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkBank(b *testing.B) {
	bank, out, x := NewBank(), make([]float64, BankSize), make([]float32, Window)
	for i := range x {
		x[i] = float32(i%11) / 16
	}
	for b.Loop() {
		bank.Into(out, x)
	}
}
