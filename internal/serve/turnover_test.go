package serve

import (
	"fmt"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// waitForRuns waits until no worker has a stream and n of its sessions are over.
func waitForRuns(t *testing.T, w *worker, stream string, n int) {
	t.Helper()
	waitFor(t, func() bool {
		c, _ := w.roster.claim(stream)
		return len(c.Past) == n && !c.Open && c.Worker == ""
	})
}

// TestFullSubject has a stream with as many messages of sound as may be kept, so that each new
// message removes an old one. Its next session is heard.
func TestFullSubject(t *testing.T) {
	nc := natstest.New(t)
	opts := testOptions(pipeline.Config{Model: anyModel()})
	opts.Store.AudioBytes = 8 << 20
	w := startWorker(t, nc, opts)
	sendAll(t, nc, "room", "first", 60)
	waitForRuns(t, w, "room", 1)
	if got, most := w.s.audio.CachedInfo().Config.MaxMsgsPerSubject, int64(1200); got >= most {
		t.Fatalf("%d messages per stream are kept, expected fewer than the session has", got)
	}
	sendAll(t, nc, "room", "second", 3)
	waitForRuns(t, w, "room", 2)
}

// TestTurnover holds in which looks the number of messages says whether there are new ones.
func TestTurnover(t *testing.T) {
	var v turnover
	for i, c := range []struct {
		last, kept uint64
		doubt      bool
	}{
		{100, 40, false}, // the first look
		{100, 40, false},
		{110, 50, false}, // ten new messages
		{110, 30, false}, // some expired
		{120, 30, true},  // ten new ones for ten old ones
		{121, 30, true},
		{125, 34, false},
		{60, 60, true}, // the JetStream stream was made again
		{61, 61, false},
	} {
		v.look(jetstream.StreamState{LastSeq: c.last, Msgs: c.kept})
		if got := v.at == v.looks; got != c.doubt {
			t.Errorf("look %d: doubt is %v, expected %v", i+1, got, c.doubt)
		}
	}
}

// TestMostUrgent holds that a look asks few of many streams, and that all have their turn.
func TestMostUrgent(t *testing.T) {
	const streams, full, limit = 1000, 60, 500
	asked := make([]uint64, streams)
	for look := uint64(1); look <= streams/mostOther; look++ {
		var doubted []idle
		for i := range streams {
			doubted = append(doubted, idle{stream: fmt.Sprint(i), count: limit - 1 + uint64(i/(streams-full)), asked: asked[i]})
		}
		chosen := mostUrgent(doubted, limit)
		if len(chosen) != mostFull+mostOther {
			t.Fatalf("%d streams are asked, expected %d", len(chosen), mostFull+mostOther)
		}
		for _, c := range chosen {
			var i int
			if _, err := fmt.Sscan(c.stream, &i); err != nil {
				t.Fatal(err)
			}
			asked[i] = look
		}
		for i := streams - full; i < streams; i++ {
			if look > 1 && asked[i]+1 < look {
				t.Errorf("look %d: full stream %d was asked in look %d", look, i, asked[i])
			}
		}
	}
	for i, look := range asked {
		if look == 0 {
			t.Errorf("stream %d has no turn", i)
		}
	}
}
