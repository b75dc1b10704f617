package segnet

import (
	"runtime"
	"sync"

	"github.com/seed-7adb9000/diarizer/internal/network/simd"
)

// Runners are as many runners of a network as are needed at a time, of 4.3 MB each: a
// stream needs one for a few milliseconds a second. As many are kept as there are
// processors. They are safe for concurrent use.
type Runners struct {
	net  *Network
	path simd.Path

	mu   sync.Mutex
	free []*Runner
}

// NewRunners returns the runners of a network on a path, see [NewRunner].
func NewRunners(net *Network, path simd.Path) *Runners {
	check(path)
	return &Runners{net: net, path: path}
}

// Network returns the network.
func (r *Runners) Network() *Network { return r.net }

func (r *Runners) take() *Runner {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.free)
	if n == 0 {
		return NewRunner(r.net, r.path)
	}
	one := r.free[n-1]
	r.free = r.free[:n-1]
	return one
}

func (r *Runners) give(one *Runner) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.free) < runtime.GOMAXPROCS(0) {
		r.free = append(r.free, one)
	}
}
