package serve

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// TestLeast holds that the emptiest other worker with room is found by the claims.
func TestLeast(t *testing.T) {
	for _, c := range []struct {
		members map[string]member
		streams map[string]int
		want    float64
	}{
		{map[string]member{"me": {Limit: 4, State: stateReady}}, map[string]int{"me": 3}, math.Inf(1)},
		{map[string]member{"a": {Limit: 4, State: stateReady}, "b": {Limit: 10, State: stateReady}}, map[string]int{"a": 1, "b": 3, "": 9, "gone": 2}, 0.4},
		{map[string]member{"a": {Limit: 4, State: "draining"}, "b": {Limit: 3, State: stateReady}}, map[string]int{"b": 3}, math.Inf(1)},
		{map[string]member{"a": {Limit: 0, State: stateReady}, "b": {Limit: 9, State: "overloaded"}}, nil, math.Inf(1)},
	} {
		r := newRoster()
		for id, m := range c.members {
			r.members[id] = seenMember{member: m}
		}
		for id, n := range c.streams {
			for i := range n {
				r.claims[fmt.Sprintf("%s-%d", id, i)] = seenClaim{claim: claim{Worker: id}}
			}
		}
		if got := r.least("me"); got != c.want {
			t.Errorf("%v with %v: least %v, expected %v", c.members, c.streams, got, c.want)
		}
	}
}

// streamsOf counts the streams of workers by the claims.
func streamsOf(w *worker) map[string]int {
	_, claims := w.roster.all()
	n := map[string]int{}
	for _, c := range claims {
		n[c.Worker]++
	}
	return n
}

// TestSpread has two workers share streams that come at the same time, and a third one that joins and
// gets some of them. The events stay those of one process.
func TestSpread(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	m := newMeetings(t, cfg, 6, 24)
	m.held = true
	a := startWorker(t, nc, testOptions(cfg))
	b := startWorker(t, natstest.Connect(t, nc.ConnectedUrl()), testOptions(cfg))
	m.run(t, nc, 2, 8*time.Minute, func() {
		waitFor(t, func() bool {
			n := streamsOf(a)
			return n[a.ID()] == 3 && n[b.ID()] == 3
		})
		c := startWorker(t, natstest.Connect(t, nc.ConnectedUrl()), testOptions(cfg))
		waitFor(t, func() bool { return streamsOf(a)[c.ID()] >= 2 })
	})
}
