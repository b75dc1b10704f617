package state_test

import (
	"fmt"

	"github.com/seed-7adb9000/diarizer/internal/state"
)

// mean is the mean of the last values, and of all.
type mean struct {
	last []float64 // a ring
	n    int
	sum  float64
}

func newMean() *mean { return &mean{last: make([]float64, 3)} }

func (m *mean) push(x float64) {
	m.last[m.n%len(m.last)] = x
	m.n++
	m.sum += x
}

// fields are all that the future of m depends on. The ring keeps its length.
func (m *mean) fields() []any { return []any{m.last, &m.n, &m.sum} }

// A value moves to another process and goes on there.
func Example() {
	here := newMean()
	for x := range 5 {
		here.push(float64(x))
	}
	saved := state.Append(nil, here.fields()...)

	there := newMean()
	if err := state.Restore(saved, there.fields()...); err != nil {
		fmt.Println(err)
	}
	there.push(5)
	fmt.Println(there.last, there.sum/float64(there.n))

	fmt.Println(state.Restore(saved[:20], newMean().fields()...))
	// Output:
	// [3 4 5] 2.5
	// state cannot be restored: a length of 3 with 15 bytes left
}
