package campplus

import (
	"fmt"
	"slices"

	"github.com/seed-7adb9000/diarizer/internal/network/simd"
)

const (
	// Features is how many log mel energies a frame has.
	Features = 80
	// Channels is how many numbers a row of a trunk has.
	Channels = 512
	// Dim is how many numbers an embedding has.
	Dim = 192

	planes    = 32  // maps of the head
	tall      = 10  // bands of frequency that are left after the head
	narrow    = 128 // channels inside a layer
	growth    = 32  // channels that a layer adds
	initial   = 128 // channels after the head
	squeezed  = 64  // channels inside a gate
	widest    = 1024
	sharing   = 100 // rows that share a gate
	stride    = 2   // frames a row of the trunk is apart
	rowsAhead = 2   // rows of zeros before and after the narrow channels
)

// blocks are the densely connected blocks: how many layers, and how many rows the
// taps of their convolutions are apart.
var blocks = [3]struct{ layers, dilation int }{{12, 1}, {24, 2}, {16, 2}}

// Network is the weights of CAM++. It is immutable and safe for concurrent use.
type Network struct {
	first  *simd.Conv
	stages [2][2]residual
	last   *simd.Conv
	tdnn   *simd.Conv
	blocks [3]block
	dense  *simd.Conv

	fingerprint string
}

// Fingerprint identifies the weights: 64 hexadecimal digits.
func (n *Network) Fingerprint() string { return n.fingerprint }

// residual is two convolutions of the head around which their input is led,
// through a shortcut where the sizes differ.
type residual struct {
	conv1, conv2 *simd.Conv
	shortcut     *simd.Conv // nil for none
}

type block struct {
	layers   []layer
	dilation int
	transit  transit
}

// layer adds growth channels to its input.
type layer struct {
	pre                affine
	narrow             *simd.Conv
	local              *simd.Conv
	context1, context2 *simd.Conv
}

// transit halves the channels after a block.
type transit struct {
	pre  affine
	conv *simd.Conv
}

// affine is a scale and shift by channel.
type affine struct{ scale, shift []float32 }

// NewRunner returns a runner on the fastest path of this machine.
func (n *Network) NewRunner() *Runner { return n.NewRunnerOn(simd.Best()) }

// NewRunnerOn returns a runner on a path. One that is not in [simd.Paths] panics.
func (n *Network) NewRunnerOn(path simd.Path) *Runner {
	if !slices.Contains(simd.Paths(), path) {
		panic(fmt.Sprintf("campplus: this machine cannot run %v, only %v", path, simd.Paths()))
	}
	return &Runner{net: n, path: path, head: newHead(n)}
}
