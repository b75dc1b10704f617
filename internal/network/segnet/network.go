package segnet

import (
	"fmt"
	"slices"

	"github.com/seed-7adb9000/diarizer/internal/network/simd"
)

const (
	layers = 4
	hidden = 128        // numbers of an LSTM's state
	gates  = 4 * hidden // in the order input, forget, cell, output
	both   = 2 * hidden // what the two directions of a layer give

	filters = 80  // of the first convolution
	taps    = 251 // of a filter
	stride  = 10  // samples its rows are apart
	narrow  = 60  // channels of the other two, and features of a frame
	width   = 5   // rows that they read
	pool    = 3   // rows of which the largest is kept
	slope   = 0.01
	epsilon = 1e-5 // of every norm

	panel  = 32 // outputs of a simd.Conv come in multiples
	widest = 96 // outputs of the widest convolution, in multiples of panel
)

// Network is the weights. It is immutable and safe for concurrent use.
type Network struct {
	sound  affine // of the samples
	stages [3]stage
	lstms  [layers]struct{ forward, backward lstm }
	linear [2]*simd.Conv
	class  *simd.Conv

	fingerprint string
}

// Fingerprint identifies the weights: 64 hexadecimal digits.
func (n *Network) Fingerprint() string { return n.fingerprint }

// stage is a convolution and the norm after it.
type stage struct {
	conv     *simd.Conv
	channels int
	wide     int // channels and zeros up to a multiple of panel
	step     int // numbers that the rows of its input are apart
	norm     affine
	sums     []float32 // of the weights of each channel, where the input is sound, else nil
}

// lstm is one direction of a layer.
type lstm struct {
	input *simd.Conv // with the bias
	state *simd.Conv
}

// affine is a scale and shift by channel.
type affine struct{ scale, shift []float32 }

// check panics where a path is not of this machine.
func check(path simd.Path) {
	if !slices.Contains(simd.Paths(), path) {
		panic(fmt.Sprintf("segnet: this machine cannot run %v, only %v", path, simd.Paths()))
	}
}
