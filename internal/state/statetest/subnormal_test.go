package statetest_test

import (
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
)

func TestSubnormalIsFound(t *testing.T) {
	type inner struct {
		quiet []float32
		sum   float64
	}
	type outer struct {
		name string
		in   *inner
		self *outer
	}
	o := outer{name: "x", in: &inner{quiet: []float32{0, 1e-37, -3}, sum: 1e-300}}
	o.self = &o
	if at := statetest.Subnormal(&o); at != "" {
		t.Errorf("%s, where every number is a normal one", at)
	}
	o.in.sum = -5e-310
	if at := statetest.Subnormal(&o); at != ".in.sum" {
		t.Errorf("found %q, expected .in.sum", at)
	}
	o.in.quiet[1] = 1e-39
	if at := statetest.Subnormal(&o); at != ".in.quiet[1]" {
		t.Errorf("found %q, expected .in.quiet[1]", at)
	}
}
