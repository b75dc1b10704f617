package segnet

import (
	"sync"

	"github.com/seed-7adb9000/diarizer/internal/simd"
)

// Runners are as many runners of a network as are needed at a time, of 4.3 MB each: a
// stream needs one for a few milliseconds a second. They are safe for concurrent use.
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

func (r *Runners) take() *Runner { return r.pool.Get().(*Runner) }

func (r *Runners) give(one *Runner) { r.pool.Put(one) }
