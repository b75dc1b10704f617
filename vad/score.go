package vad

import (
	"fmt"

	"github.com/seed-7adb9000/diarizer/vad/internal/front"
	"github.com/seed-7adb9000/diarizer/vad/internal/net"
)

// scorer turns the features of hops into log odds for speech. It averages those
// of a few hops, its steps, and gives every hop of a step the same odds.
type scorer struct {
	cell   *net.Cell
	step   int // hops
	behind int // hops by which an output lags the newest hop of its step
	vector [front.Size]float32
	lag    int
	input  [front.Size]float32
	level  []float32 // a ring of the levels of the hops not returned yet
	odds   []float32 // a ring of the odds of the latest steps
	pushed int64     // hops of sound
	seen   int64     // hops of sound or repeated
	done   int64     // hops returned
}

func newScorer() (*scorer, error) {
	h, w, err := net.Default()
	if err != nil {
		return nil, fmt.Errorf("vad: %w", err)
	}
	if w.In != front.Size || w.Out != 1 {
		return nil, fmt.Errorf("vad: %w: %d inputs and %d outputs, want %d and 1", net.ErrFile, w.In, w.Out, front.Size)
	}
	s := &scorer{cell: net.NewCell(w), step: h.Step, behind: h.Delay}
	s.level = make([]float32, s.delay()+1)
	s.odds = make([]float32, 2)
	return s, nil
}

// delay is the number of hops by which push lags.
func (s *scorer) delay() int { return s.behind + s.step - 1 }

// push takes the features of the next hop and returns the log odds and the level
// of the hop delay() before, once there is one.
func (s *scorer) push(f *front.Features) (z, level float32, ok bool) {
	s.level[s.pushed%int64(len(s.level))] = f.DBFS
	s.pushed++
	s.lag = f.Vector(&s.vector, s.lag)
	return s.advance(true)
}

// advance takes the current vector as the next hop's. The network makes its steps,
// or its last odds stand for them.
func (s *scorer) advance(steps bool) (z, level float32, ok bool) {
	s.gather()
	s.seen++
	if s.seen%int64(s.step) == 0 {
		k, n := s.seen/int64(s.step), int64(len(s.odds))
		if steps {
			s.odds[k%n] = s.cell.Step(s.input[:])[0]
		} else {
			s.odds[k%n] = s.odds[(k+n-1)%n]
		}
		clear(s.input[:])
	}
	if s.seen-s.done <= int64(s.delay()) {
		return 0, 0, false
	}
	// Output k, counted from 1, is about the step hops from (k-1)*step-behind on.
	k := (s.done+int64(s.behind))/int64(s.step) + 1
	z = s.odds[k%int64(len(s.odds))]
	level = s.level[s.done%int64(len(s.level))]
	s.done++
	return z, level, true
}

// gather adds the current vector to the next step's input.
func (s *scorer) gather() {
	for i, v := range &s.vector {
		s.input[i] += v / float32(s.step)
	}
}

// finish yields the hops still to come, one a call, the last vector repeated, and
// then, not ok, makes ready for sound that does not follow on.
func (s *scorer) finish() (z, level float32, ok bool) {
	if s.done == s.pushed {
		s.reset()
		return 0, 0, false
	}
	for !ok {
		z, level, ok = s.advance(true)
	}
	return z, level, true
}

func (s *scorer) reset() {
	clear(s.cell.State)
	clear(s.input[:])
	s.lag, s.pushed, s.seen, s.done = 0, 0, 0, 0
}
