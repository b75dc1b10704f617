package serve

import (
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// TestCheckpointOfAnEarlierRun has a checkpoint that its worker did not live to remove. Only the run
// that it is of goes on with it.
func TestCheckpointOfAnEarlierRun(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	s, err := openShared(t.Context(), natstest.New(t), StoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := newFollower("room", cfg, &recorder{})
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range packetsOf("a", speech(3, 2))[:30] {
		msg, err := p.Message(natsaudio.Subject("room"))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.push(t.Context(), message{number: uint64(i + 1), stored: time.Unix(0, 0), header: msg.Header, data: msg.Data}); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		claim claim
		goes  bool // on with the checkpoint
	}{
		"the same run":                        {claim{From: 1, Past: []string{"b"}}, true},
		"one behind it":                       {claim{From: 31}, false},
		"one that began before its end":       {claim{From: 25, Past: []string{"b", "a"}}, false},
		"one over the same sound, once more":  {claim{From: 1, Attempt: 1}, false},
		"one over sound that has replaced it": {claim{From: 0, Attempt: 1}, false},
	} {
		o := &owner{w: &Worker{s: s, opts: Options{Pipeline: cfg}, lease: newLease(time.Minute)}, stream: "room", log: logger(t), claim: c.claim}
		if err := o.begin(t.Context(), f.snapshot()); err != nil {
			t.Fatal(err)
		}
		if goes := o.follow.session != ""; goes != c.goes {
			t.Errorf("%s: it goes on with the checkpoint: %v, expected %v", name, goes, c.goes)
		}
	}
}
