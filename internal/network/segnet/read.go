package segnet

import (
	_ "embed"
	"errors"
	"fmt"
	"io"

	"github.com/seed-7adb9000/diarizer/internal/network/simd"
	"github.com/seed-7adb9000/diarizer/internal/network/weights"
)

// format is the version of the layout that this package reads.
const format = "diarizer-segnet/1"

// maxSize bounds what Read takes into memory; a file has 6 MB.
const maxSize = 16 << 20

// ErrFormat is wrapped by every error about a file that is not these weights.
var ErrFormat = errors.New("not usable weights of the segmentation network")

// layout is what this package reads.
var layout = weights.Layout{Format: format, Most: maxSize, Bad: ErrFormat, Script: "research/segmentation"}

//go:embed weights/segmentation-3.0.safetensors
var embedded []byte

// Default returns the network with the weights that are part of the program. Each
// call decodes them again, into 6 MB.
func Default() (*Network, error) { return parse(embedded, "embedded weights") }

// Read reads a network. Its errors name the file as name, say what was found and
// what was expected, and wrap [ErrFormat] unless r itself failed.
func Read(r io.Reader, name string) (*Network, error) {
	data, err := layout.Load(r, name)
	if err != nil {
		return nil, err
	}
	return parse(data, name)
}

func parse(data []byte, name string) (*Network, error) {
	var n *Network
	fingerprint, err := layout.Parse(data, name, func(file *weights.File) { n = (&builder{file}).network() })
	if err != nil {
		return nil, err
	}
	n.fingerprint = fingerprint
	return n, nil
}

// builder makes the parts of a network from the tensors of a file. Once one is
// wrong, the file has an error and the network is of no use.
type builder struct{ *weights.File }

func (b *builder) network() *Network {
	n := &Network{
		sound: b.affine("norm0", 1),
		stages: [3]stage{
			b.filterbank(),
			b.stage("2", width, filters, narrow),
			b.stage("3", width, narrow, narrow),
		},
		linear: [2]*simd.Conv{b.dense("linear1", both, hidden), b.dense("linear2", hidden, hidden)},
		class:  b.dense("classes", hidden, Classes),
	}
	in := narrow
	for i := range n.lstms {
		name := fmt.Sprintf("lstm%d", i+1)
		n.lstms[i].forward, n.lstms[i].backward = b.lstm(name+".forward", in), b.lstm(name+".backward", in)
		in = both
	}
	return n
}

// stage takes a convolution whose input rows of in numbers are side by side, so that
// it is one matrix over taps of them, and its norm.
func (b *builder) stage(name string, taps, in, out int) stage {
	m := b.Exact("conv"+name+".weight", uint64(taps), uint64(in), uint64(out))
	conv := b.conv(taps*in, out, m, b.vector("conv"+name+".bias", out))
	return stage{conv: conv, channels: out, wide: rounded(out), step: in, norm: b.affine("norm"+name, out)}
}

// filterbank takes the convolution that reads the sound.
func (b *builder) filterbank() stage {
	m, sums := b.Exact("conv1.weight", taps, filters), make([]float32, filters)
	for i, v := range m {
		sums[i%filters] += v
	}
	return stage{conv: b.conv(taps, filters, m, nil), channels: filters, wide: rounded(filters), step: stride, norm: b.affine("norm1", filters), sums: sums}
}

func (b *builder) dense(name string, in, out int) *simd.Conv {
	m := b.Exact(name+".weight", uint64(in), uint64(out))
	return b.conv(in, out, m, b.vector(name+".bias", out))
}

func (b *builder) lstm(name string, in int) lstm {
	m := b.Exact(name+".input.weight", uint64(in), gates)
	return lstm{
		input: b.conv(in, gates, m, b.vector(name+".bias", gates)),
		state: b.conv(hidden, gates, b.Exact(name+".state.weight", hidden, gates), nil),
	}
}

func (b *builder) affine(name string, n int) affine {
	return affine{scale: b.vector(name+".scale", n), shift: b.vector(name+".shift", n)}
}

func (b *builder) vector(name string, n int) []float32 { return b.Exact(name, uint64(n)) }

// conv is the matrix m of in × out with columns of zeros up to a multiple of panel.
func (b *builder) conv(in, out int, m, bias []float32) *simd.Conv {
	if b.Err() != nil {
		return nil
	}
	wide := rounded(out)
	padded := make([]float32, in*wide)
	for i := range in {
		copy(padded[i*wide:], m[i*out:(i+1)*out])
	}
	return simd.NewConv(1, in, wide, padded, append(make([]float32, 0, wide), bias...)[:wide])
}

// rounded is the next multiple of panel.
func rounded(n int) int { return (n + panel - 1) / panel * panel }
