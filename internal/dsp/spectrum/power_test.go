package spectrum

import (
	"fmt"
	"math"
	"math/cmplx"
	"slices"
	"testing"

	"gonum.org/v1/gonum/dsp/fourier"
	"pgregory.net/rapid"
)

func TestPowerAgainstGonum(t *testing.T) {
	for n := 8; n <= 2048; n *= 2 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			oracle, f := fourier.NewFFT(n), NewPower(n)
			rapid.Check(t, func(t *rapid.T) {
				x := rapid.SliceOfN(rapid.Float64Range(-1, 1), n, n).Draw(t, "x")
				got := make([]float64, n/2+1)
				f.Into(got, x)
				for k, c := range oracle.Coefficients(nil, x) {
					if want := real(c*cmplx.Conj(c)) / float64(n); math.Abs(got[k]-want) > 1e-10*(1+want) {
						t.Fatalf("line %d is %v, expected %v", k, got[k], want)
					}
				}
				some := make([]float64, rapid.IntRange(1, n/2+1).Draw(t, "lines"))
				if f.Into(some, x); !slices.Equal(some, got[:len(some)]) {
					t.Fatalf("the first %d lines alone are %v, expected %v", len(some), some, got[:len(some)])
				}
			})
		})
	}
}

func TestOtherLengthsPanic(t *testing.T) {
	for _, n := range []int{-8, 0, 4, 12, 511} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("frames of %d values are taken", n)
				}
			}()
			NewPower(n)
		}()
	}
}

func BenchmarkPower(b *testing.B) {
	for _, n := range []int{256, 512} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f, x, p := NewPower(n), make([]float64, n), make([]float64, n/2+1)
			for i := range x {
				x[i] = float64(i % 7)
			}
			for b.Loop() {
				f.Into(p, x)
			}
		})
	}
}
