package campplus

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/nlpodyssey/safetensors"

	"github.com/seed-7adb9000/diarizer/internal/simd"
)

// tensors is what a file holds and the network has not taken yet. Its methods
// do nothing after the first error.
type tensors struct {
	views map[string]safetensors.TensorView
	err   error
}

// take returns a tensor of the type and shape and removes it.
func (t *tensors) take(name string, dtype safetensors.DType, shape ...uint64) []byte {
	if t.err != nil {
		return nil
	}
	view, ok := t.views[name]
	switch {
	case !ok:
		t.err = fmt.Errorf("no tensor %q", name)
	case view.DType() != dtype || !slices.Equal(view.Shape(), shape):
		t.err = fmt.Errorf("tensor %q is %v %v, not %v %v", name, view.DType(), view.Shape(), dtype, shape)
	}
	if t.err != nil {
		return nil
	}
	delete(t.views, name)
	return view.Data()
}

// matrix returns a tensor of 16-bit floats.
func (t *tensors) matrix(name string, shape ...uint64) []float32 {
	data := t.take(name, safetensors.F16, shape...)
	out := make([]float32, 0, len(data)/2)
	for ; len(data) > 0; data = data[2:] {
		out = append(out, half(binary.LittleEndian.Uint16(data)))
	}
	return t.finite(name, out)
}

// vector returns a tensor of 32-bit floats.
func (t *tensors) vector(name string, n int) []float32 {
	data := t.take(name, safetensors.F32, uint64(n))
	out := make([]float32, 0, len(data)/4)
	for ; len(data) > 0; data = data[4:] {
		out = append(out, math.Float32frombits(binary.LittleEndian.Uint32(data)))
	}
	return t.finite(name, out)
}

func (t *tensors) finite(name string, values []float32) []float32 {
	for i, v := range values {
		if v-v != 0 { // infinite or not a number
			t.err = fmt.Errorf("tensor %q has %v at %d, expected finite numbers", name, v, i)
			return nil
		}
	}
	return values
}

func (t *tensors) conv(name string, taps, in, out int, biased bool) *simd.Conv {
	weights := t.matrix(name+".weight", uint64(taps), uint64(in), uint64(out))
	var bias []float32
	if biased {
		bias = t.vector(name+".bias", out)
	}
	if t.err != nil {
		return nil
	}
	return simd.NewConv(taps, in, out, weights, bias)
}

// joined is conv with taps side by side in memory, which are one tap to a kernel.
func (t *tensors) joined(name string, taps, in, out int) *simd.Conv {
	weights := t.matrix(name+".weight", uint64(taps), uint64(in), uint64(out))
	bias := t.vector(name+".bias", out)
	if t.err != nil {
		return nil
	}
	return simd.NewConv(1, taps*in, out, weights, bias)
}

func (t *tensors) affine(name string, n int) affine {
	return affine{scale: t.vector(name+".scale", n), shift: t.vector(name+".shift", n)}
}

func (t *tensors) layer(name string, channels int) layer {
	return layer{
		pre:      t.affine(name+".pre", channels),
		narrow:   t.conv(name+".narrow", 1, channels, narrow, true),
		local:    t.conv(name+".local", 3, narrow, growth, false),
		context1: t.conv(name+".context1", 1, narrow, squeezed, true),
		context2: t.conv(name+".context2", 1, squeezed, growth, true),
	}
}

// half converts an IEEE 754 binary16.
func half(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10)&31, uint32(h)&1023
	switch exp {
	case 0: // zero and below the normal range, in units of 2^-24
		return math.Float32frombits(math.Float32bits(float32(frac)/(1<<24)) | sign)
	case 31:
		return math.Float32frombits(sign | 255<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | frac<<13)
}

// oneLine keeps a foreign file's content from spreading over the terminal.
func oneLine(err error) string {
	const limit = 200
	s := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(err.Error(), "?"))
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}
