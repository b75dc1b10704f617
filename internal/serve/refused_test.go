package serve

import (
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// TestRefusedIsTold sends unusable packets among those of a stream. Each is counted by its kind of
// error. The log has the first of each kind and few more.
func TestRefusedIsTold(t *testing.T) {
	nc := natstest.New(t)
	var log lines
	opts := testOptions(pipeline.Config{Model: anyModel()})
	opts.Log = log.logger(t)
	w := startWorker(t, nc, opts)
	ps := packetsOf("s", speech(1, 3))
	end := len(ps) - 1
	if err := feed(t.Context(), nc, "room", ps[:end], 1000); err != nil {
		t.Fatal(err)
	}
	const formats, strangers = 100, 20
	for i := range formats {
		p := ps[0]
		p.Channels, p.Samples, p.Seq = 2, p.Samples/2, uint64(1000+i)
		if err := feed(t.Context(), nc, "room", []natsaudio.Packet{p}, 1000); err != nil {
			t.Fatal(err)
		}
	}
	for range strangers {
		msg := nats.NewMsg(natsaudio.Subject("room"))
		msg.Header.Set(natsaudio.HeaderSession, strings.Repeat("x", 5000))
		if err := nc.PublishMsg(msg); err != nil {
			t.Fatal(err)
		}
	}
	if err := feed(t.Context(), nc, "room", ps[end:], 1000); err != nil {
		t.Fatal(err)
	}
	if _, _, err := told(t.Context(), nc, "room"); err != nil {
		t.Fatal(err)
	}
	w.end(t)
	got := map[string]int{}
	for _, line := range strings.Split(log.String(), "\n") {
		if strings.Contains(line, "packets are refused") {
			for _, kind := range natsaudio.BadKinds() {
				if strings.Contains(line, "kind="+kind+" ") {
					got[kind]++
				}
			}
			if !strings.Contains(line, "stream=room") || !strings.Contains(line, "expected") || len(line) > 1000 {
				t.Errorf("told %q: expected the stream and the reason, and no more", line)
			}
		}
	}
	for _, c := range []struct {
		kind        string
		count, told int
	}{{"format", formats, 7}, {"packet", strangers, 5}, {"gap", 0, 0}} {
		if n := badOf(t, w.Worker, c.kind); n != c.count {
			t.Errorf("%s: %d counted, expected %d", c.kind, n, c.count)
		}
		if got[c.kind] != c.told {
			t.Errorf("%s: told %d times, expected %d", c.kind, got[c.kind], c.told)
		}
	}
}

// badOf is how many messages a worker has refused for a kind of error, −1 if there is no such
// metric.
func badOf(t *testing.T, w *Worker, kind string) int {
	t.Helper()
	families, err := w.metrics.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if l := m.GetLabel(); f.GetName() == "diarizer_packets_refused_total" && l[0].GetValue() == kind {
				return int(m.GetCounter().GetValue())
			}
		}
	}
	return -1
}

// TestShort keeps what a sender wrote from filling the log.
func TestShort(t *testing.T) {
	for _, s := range []string{"", "short", strings.Repeat("é", 300)} {
		if got := short(errors.New(s)); got != s {
			t.Errorf("%q is %q", s, got)
		}
	}
	if got := []rune(short(errors.New(strings.Repeat("é", 5000)))); len(got) != 301 {
		t.Errorf("%d runes, expected 301", len(got))
	}
}
