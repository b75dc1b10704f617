package segnet

import (
	"sync"

	"github.com/seed-7adb9000/diarizer/internal/simd"
)

// Runners are as many runners of a network as are needed at a time: they are most of
// what a stream would weigh, and are used for a few milliseconds a second.
type Runners struct {
	net  *Network
	pool sync.Pool
}

// NewRunners returns the runners of a network on a path, see [NewRunner].
func NewRunners(net *Network, path simd.Path) *Runners {
	check(path)
	return &Runners{net: net, pool: sync.Pool{New: func() any { return NewRunner(net, path) }}}
}

// Network returns the network.
func (r *Runners) Network() *Network { return r.net }

// Run is that of a [Runner].
func (r *Runners) Run(dst []Frame, samples []float32) int {
	one := r.pool.Get().(*Runner)
	defer r.pool.Put(one)
	return one.Run(dst, samples)
}
