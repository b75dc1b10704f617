package simd

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// numbers draws n numbers that are exact in 32 bits and of moderate size.
func numbers(t *rapid.T, n int, name string) []float32 {
	seed := rapid.Uint32().Draw(t, name)
	out := make([]float32, n)
	for i := range out {
		seed = 1664525*seed + 1013904223
		out[i] = float32(int32(seed)) / (1 << 31)
	}
	return out
}

// shifted returns a copy of x that begins at another place in memory.
func shifted(x []float32, by int) []float32 { return append(make([]float32, by, by+len(x)), x...)[by:] }

type problem struct {
	conv          *Conv
	weights, bias []float32
	src, add      Matrix
	at            []int
	rows          int
	floor         float32
}

func drawProblem(t *rapid.T) problem {
	taps, in := rapid.IntRange(1, 4).Draw(t, "taps"), rapid.IntRange(1, 70).Draw(t, "in")
	out := panel * rapid.IntRange(1, 9).Draw(t, "panels")
	p := problem{rows: rapid.IntRange(1, 45).Draw(t, "rows"), floor: NoFloor}
	p.weights, p.bias = numbers(t, taps*in*out, "weights"), numbers(t, out, "bias")
	p.conv = NewConv(taps, in, out, p.weights, p.bias)
	p.src.Stride = rapid.IntRange(0, 2*in).Draw(t, "stride")
	reach := 0
	for range taps {
		p.at = append(p.at, rapid.IntRange(0, 100).Draw(t, "at"))
		reach = max(reach, p.at[len(p.at)-1])
	}
	p.src.Data = numbers(t, reach+(p.rows-1)*p.src.Stride+in, "src")
	if rapid.Bool().Draw(t, "add") {
		p.add.Stride = rapid.SampledFrom([]int{0, out, out + 3}).Draw(t, "add stride")
		p.add.Data = numbers(t, (p.rows-1)*p.add.Stride+out, "add")
	}
	if rapid.Bool().Draw(t, "rectified") {
		p.floor = 0
	}
	return p
}

// naive is one output in 64 bits, and the sum of the sizes of its terms.
func (p *problem) naive(r, o int) (value, size float64) {
	term := func(v float64) { value += v; size += math.Abs(v) }
	term(float64(p.bias[o]))
	if p.add.Data != nil {
		term(float64(p.add.Data[r*p.add.Stride+o]))
	}
	for k, a := range p.at {
		for i := range p.conv.in {
			term(float64(p.src.Data[a+r*p.src.Stride+i]) * float64(p.weights[(k*p.conv.in+i)*p.conv.out+o]))
		}
	}
	return max(float64(p.floor), value), size
}

func TestConvAgainstNaiveSums(t *testing.T) {
	for _, path := range Paths() {
		t.Run(path.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				p := drawProblem(t)
				stride := p.conv.out + rapid.IntRange(0, 5).Draw(t, "gap")
				dst := Matrix{make([]float32, p.rows*stride), stride}
				for i := range dst.Data {
					dst.Data[i] = 77
				}
				p.conv.Into(path, dst, p.src, p.at, p.rows, p.add, p.floor)
				for i, got := range dst.Data {
					r, o := i/stride, i%stride
					if o >= p.conv.out {
						if got != 77 {
							t.Fatalf("number %d after row %d was overwritten", o-p.conv.out, r)
						}
						continue
					}
					// Each of the terms is rounded once or twice, each by 2^-24 at most.
					want, size := p.naive(r, o)
					if math.Abs(float64(got)-want) > size*1e-5 {
						t.Fatalf("row %d output %d is %v, expected %v", r, o, got, want)
					}
				}
			})
		})
	}
}

// TestRowsAreIndependent holds that a number depends neither on the rows that are
// computed with it nor on where the slices lie.
func TestRowsAreIndependent(t *testing.T) {
	for _, path := range Paths() {
		t.Run(path.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				p := drawProblem(t)
				out := p.conv.out
				all := Matrix{make([]float32, p.rows*out), out}
				p.conv.Into(path, all, p.src, p.at, p.rows, p.add, p.floor)
				from := rapid.IntRange(0, p.rows-1).Draw(t, "from")
				n := rapid.IntRange(1, p.rows-from).Draw(t, "n")
				by := rapid.IntRange(0, 15).Draw(t, "by")
				src := Matrix{shifted(p.src.Data[from*p.src.Stride:], by), p.src.Stride}
				add := p.add
				if add.Data != nil {
					add.Data = add.Data[from*add.Stride:]
				}
				some := Matrix{shifted(make([]float32, n*out), by), out}
				p.conv.Into(path, some, src, p.at, n, add, p.floor)
				if !slices.Equal(some.Data, all.Data[from*out:(from+n)*out]) {
					t.Fatalf("rows %d to %d alone are other numbers", from, from+n)
				}
			})
		})
	}
}

func TestScaleShiftAndSum(t *testing.T) {
	for _, path := range Paths() {
		t.Run(path.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				n, rows := lanes*rapid.IntRange(0, 9).Draw(t, "n"), rapid.IntRange(0, 12).Draw(t, "rows")
				src := Matrix{nil, n + rapid.IntRange(0, 5).Draw(t, "gap")}
				src.Data = shifted(numbers(t, rows*src.Stride+n, "src"), rapid.IntRange(0, 15).Draw(t, "by"))
				scale, shift := numbers(t, n, "scale"), numbers(t, n, "shift")
				floor := rapid.SampledFrom([]float32{NoFloor, 0}).Draw(t, "floor")
				total, want := make([]float32, n), make([]float64, n)
				total = append(total[:0:0], total...)
				Sum(path, total, src, rows)
				before := slices.Clone(src.Data)
				ScaleShift(path, src, src, rows, scale, shift, floor)
				for r := range rows {
					for i := range n {
						x := float64(before[r*src.Stride+i])
						want[i] += x
						w := max(x*float64(scale[i])+float64(shift[i]), float64(floor))
						if got := src.Data[r*src.Stride+i]; math.Abs(float64(got)-w) > 1e-6 {
							t.Fatalf("row %d column %d is %v, expected %v", r, i, got, w)
						}
					}
				}
				for i, w := range want {
					if math.Abs(float64(total[i])-w) > 1e-5 {
						t.Fatalf("sum of column %d is %v, expected %v", i, total[i], w)
					}
				}
			})
		})
	}
}

// TestNaNStays holds that a number that is none reaches its own row, all of it, and
// no other.
func TestNaNStays(t *testing.T) {
	for _, path := range Paths() {
		for _, rows := range []int{1, 5, 10} {
			check := func(what string, m Matrix) {
				for i, v := range m.Data {
					if isNaN := v != v; isNaN != (i/panel == rows-1) {
						t.Errorf("%v: %s of %d rows: row %d column %d is %v", path, what, rows, i/panel, i%panel, v)
					}
				}
			}
			conv := NewConv(1, 1, panel, make([]float32, panel), nil)
			src := Matrix{make([]float32, rows), 1}
			src.Data[rows-1] = float32(math.NaN())
			dst := Matrix{make([]float32, rows*panel), panel}
			conv.Into(path, dst, src, []int{0}, rows, Matrix{}, 0)
			check("convolution", dst)
			ScaleShift(path, dst, dst, rows, make([]float32, panel), make([]float32, panel), 0)
			check("scaling", dst)
		}
	}
}

func TestMisusePanics(t *testing.T) {
	conv := NewConv(2, 3, panel, make([]float32, 2*3*panel), nil)
	m := func(n, stride int) Matrix { return Matrix{make([]float32, n), stride} }
	for _, path := range Paths() {
		for name, f := range map[string]func(){
			"weights":   func() { NewConv(1, 3, panel, make([]float32, 95), nil) },
			"outputs":   func() { NewConv(1, 3, 31, make([]float32, 93), nil) },
			"bias":      func() { NewConv(1, 1, panel, make([]float32, panel), make([]float32, 3)) },
			"taps":      func() { conv.Into(path, m(64, 32), m(9, 3), []int{0}, 2, Matrix{}, 0) },
			"src":       func() { conv.Into(path, m(64, 32), m(8, 3), []int{0, 3}, 2, Matrix{}, 0) },
			"before":    func() { conv.Into(path, m(64, 32), m(9, 3), []int{-1, 3}, 2, Matrix{}, 0) },
			"dst":       func() { conv.Into(path, m(63, 32), m(9, 3), []int{0, 3}, 2, Matrix{}, 0) },
			"add":       func() { conv.Into(path, m(64, 32), m(9, 3), []int{0, 3}, 2, m(63, 32), 0) },
			"scale":     func() { ScaleShift(path, m(17, 17), m(17, 17), 1, make([]float32, 17), make([]float32, 17), 0) },
			"shift":     func() { ScaleShift(path, m(16, 16), m(16, 16), 1, make([]float32, 16), make([]float32, 15), 0) },
			"scale src": func() { ScaleShift(path, m(32, 16), m(31, 16), 2, make([]float32, 16), make([]float32, 16), 0) },
			"sum":       func() { Sum(path, make([]float32, 15), m(60, 15), 2) },
			"peaks":     func() { Peaks(path, m(32, 16), m(95, 16), 2, make([]float32, 16), make([]float32, 16)) },
			"cells":     func() { Cells(path, make([]float32, 15), make([]float32, 15), make([]float32, 60)) },
			"states":    func() { Cells(path, make([]float32, 16), make([]float32, 32), make([]float32, 64)) },
			"gates":     func() { Cells(path, make([]float32, 16), make([]float32, 16), make([]float32, 63)) },
			"sum src":   func() { Sum(path, make([]float32, 16), m(31, 16), 2) },
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%v: %s: no panic", path, name)
					}
				}()
				f()
			}()
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	conv := NewConv(1, 64, 64, make([]float32, 64*64), nil)
	src, dst, at := Matrix{make([]float32, 64*11), 64}, Matrix{make([]float32, 64*11), 64}, []int{0}
	row := make([]float32, 64)
	for _, path := range Paths() {
		if n := testing.AllocsPerRun(20, func() {
			conv.Into(path, dst, src, at, 11, Matrix{}, 0)
			conv.Into(path, dst, src, at, 1, src, 0)
			ScaleShift(path, dst, src, 11, row, row, 0)
			Sum(path, row, src, 11)
			Peaks(path, dst, src, 3, row, row)
			Cells(path, row, row, dst.Data[:4*64])
		}); n != 0 {
			t.Errorf("%v: %v allocations", path, n)
		}
	}
}

func BenchmarkConv(b *testing.B) {
	for _, size := range []struct{ taps, in, out, rows int }{{3, 3, 32, 80}, {3, 96, 32, 40}, {1, 512, 128, 60}, {3, 128, 32, 150}} {
		conv := NewConv(size.taps, size.in, size.out, make([]float32, size.taps*size.in*size.out), nil)
		src := Matrix{make([]float32, (size.rows+size.taps)*(size.in+16)), size.in + 16}
		dst, at := Matrix{make([]float32, size.rows*size.out), size.out}, make([]int, size.taps)
		for i := range at {
			at[i] = i * src.Stride
		}
		for _, path := range Paths() {
			b.Run(fmt.Sprintf("%dx%dx%d/%v", size.taps, size.in, size.out, path), func(b *testing.B) {
				for b.Loop() {
					conv.Into(path, dst, src, at, size.rows, Matrix{}, 0)
				}
				flop := 2 * float64(size.taps*size.in*size.out*size.rows)
				b.ReportMetric(flop*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
