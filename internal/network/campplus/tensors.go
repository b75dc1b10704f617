package campplus

import (
	"github.com/seed-7adb9000/diarizer/internal/network/simd"
	"github.com/seed-7adb9000/diarizer/internal/network/weights"
)

// tensors makes the parts of a network from the tensors of a file. Once one is wrong,
// the file has an error and the network is of no use.
type tensors struct{ *weights.File }

// vector takes a tensor of n 32-bit floats.
func (t *tensors) vector(name string, n int) []float32 { return t.Exact(name, uint64(n)) }

func (t *tensors) conv(name string, taps, in, out int, biased bool) *simd.Conv {
	weights := t.Half(name+".weight", uint64(taps), uint64(in), uint64(out))
	var bias []float32
	if biased {
		bias = t.vector(name+".bias", out)
	}
	if t.Err() != nil {
		return nil
	}
	return simd.NewConv(taps, in, out, weights, bias)
}

// joined is conv with taps side by side in memory, which are one tap to a kernel.
func (t *tensors) joined(name string, taps, in, out int) *simd.Conv {
	weights := t.Half(name+".weight", uint64(taps), uint64(in), uint64(out))
	bias := t.vector(name+".bias", out)
	if t.Err() != nil {
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
