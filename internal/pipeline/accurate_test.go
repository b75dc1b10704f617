package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/network/simd"
	"github.com/seed-7adb9000/diarizer/internal/testkit/raced"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/embedding"
)

// talk returns the first seconds of the demo's recording.
func talk(t testing.TB, seconds int) []float32 {
	t.Helper()
	ctx := context.Background()
	src, err := capture.OpenReader(ctx, demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var x []float32
	for len(x) < seconds*capture.Rate {
		b, err := src.Next(ctx)
		x = append(x, b.Samples...)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return x[:min(len(x), seconds*capture.Rate)]
}

func embedded(t testing.TB, name string) model.Model {
	t.Helper()
	m, _, err := modelfile.Embedded(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// heard is what a stream tells of x in blocks of the given size. At the positions in
// moves, the stream is saved and another one goes on.
func heard(t *testing.T, cfg Config, x []float32, size int, moves ...int) []online.Event {
	t.Helper()
	s, err := NewStream(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var events []online.Event
	emit := func(e online.Event) { events = append(events, e) }
	for at := 0; at < len(x); at += size {
		if slices.ContainsFunc(moves, func(m int) bool { return at <= m && m < at+size }) {
			if s, err = RestoreStream(cfg, s.AppendSnapshot(nil)); err != nil {
				t.Fatal(err)
			}
		}
		s.Push(x[at:min(at+size, len(x))], emit)
	}
	if err := s.Flush(emit); err != nil {
		t.Fatal(err)
	}
	return events
}

// told prints events but for the numbers that rounding moves.
func told(events []online.Event) string {
	var b strings.Builder
	for _, e := range events {
		e.Turn.LogP, e.Turn.Confidence = 0, 0
		fmt.Fprintf(&b, "%v\n", e)
	}
	return b.String()
}

// TestAccurateIsAFunctionOfTheSamples has the embedded network hear the demo in
// blocks of several sizes, and moved from process to process: the events are the
// same to the bit.
func TestAccurateIsAFunctionOfTheSamples(t *testing.T) {
	x := talk(t, 26)
	cfg := Config{Model: embedded(t, modelfile.Accurate)}
	want := heard(t, cfg, x, 1600)
	if len(want) < 10 {
		t.Fatalf("%d events of %d s of talk", len(want), len(x)/capture.Rate)
	}
	for _, size := range []int{160 * 7, len(x)} {
		if got := fmt.Sprintf("%#v", heard(t, cfg, x, size)); got != fmt.Sprintf("%#v", want) {
			t.Errorf("other events in blocks of %d", size)
		}
	}
	moved := heard(t, cfg, x, 1600, 3*capture.Rate, 9*capture.Rate+5000, 21*capture.Rate)
	if fmt.Sprintf("%#v", moved) != fmt.Sprintf("%#v", want) {
		t.Error("other events where the stream was moved")
	}
}

// TestAccurateOnEveryPath has each path of the kernels that this machine can run
// hear the demo: who speaks when is the same, so that a stream may move between
// machines.
func TestAccurateOnEveryPath(t *testing.T) {
	x := talk(t, 4) // plain Go takes its time
	m := embedded(t, modelfile.Accurate).(*embedding.Model)
	want := ""
	for _, path := range simd.Paths() {
		if raced.Enabled && path == simd.Portable {
			continue
		}
		c := m.Copy()
		net, err := modelfile.NetworkOn(path)
		if err != nil {
			t.Fatal(err)
		}
		c.Net = net
		if c.Tracking, err = modelfile.TrackingOn(path); err != nil {
			t.Fatal(err)
		}
		switch got := told(heard(t, Config{Model: c}, x, 1600)); {
		case want == "":
			want = got
		case got != want:
			t.Errorf("on %v:\n%s\nexpected\n%s", path, got, want)
		}
	}
}

// TestSnapshotOfAnotherModel has each kind of model refuse a snapshot of the other.
func TestSnapshotOfAnotherModel(t *testing.T) {
	x := talk(t, 5)
	for _, names := range [][2]string{{modelfile.Accurate, modelfile.Light}, {modelfile.Light, modelfile.Accurate}} {
		s, err := NewStream(Config{Model: embedded(t, names[0])})
		if err != nil {
			t.Fatal(err)
		}
		s.Push(x, func(online.Event) {})
		_, err = RestoreStream(Config{Model: embedded(t, names[1])}, s.AppendSnapshot(nil))
		if !errors.Is(err, ErrSnapshot) || !strings.Contains(err.Error(), "another model") {
			t.Errorf("a snapshot of %s, restored by %s: error %v", names[0], names[1], err)
		}
	}
}

// TestAccurateStreamIsSmall bounds what a stream of the accurate model takes, in memory and
// in a snapshot. What streams share is made before.
func TestAccurateStreamIsSmall(t *testing.T) {
	const mostHeap, mostSnapshot = 1_000_000, 400_000
	x := talk(t, 70)
	cfg := Config{Model: embedded(t, modelfile.Accurate)}
	heard(t, cfg, x[:12*capture.Rate], capture.Rate)
	before := inUse()
	s, err := NewStream(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var snapshot []byte
	for at := 0; at < len(x); at += capture.Rate {
		s.Push(x[at:min(at+capture.Rate, len(x))], func(online.Event) {})
		snapshot = s.AppendSnapshot(snapshot[:0])
		if n := len(snapshot); n > mostSnapshot {
			t.Errorf("a snapshot of %d bytes after %d s, expected at most %d", n, at/capture.Rate, mostSnapshot)
		}
	}
	kept := len(snapshot)
	snapshot = nil
	heap := inUse() - before
	t.Logf("%d bytes of memory, a snapshot of %d", heap, kept)
	if heap > mostHeap && !raced.Enabled { // the race detector has its own
		t.Errorf("%d bytes of memory, expected at most %d", heap, mostHeap)
	}
	runtime.KeepAlive(s)
	runtime.KeepAlive(x)
}

// inUse returns how many bytes are in use, without what pools keep.
func inUse() int {
	for range 3 { // a pool lets go of what two collections found unused
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
