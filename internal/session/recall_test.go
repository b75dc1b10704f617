package session

import (
	"context"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// pieces yields samples in blocks of any size.
type pieces struct {
	x  []float32
	at int64
	n  func() int
}

func (p *pieces) Next(context.Context) (capture.Block, error) {
	if len(p.x) == 0 {
		return capture.Block{}, io.EOF
	}
	n := min(len(p.x), p.n())
	b := capture.Block{Start: p.at, Samples: slices.Clone(p.x[:n])}
	p.x, p.at = p.x[n:], p.at+int64(n)
	return b, nil
}

func (*pieces) Close() error { return nil }

func demoSound(t *testing.T) (all []float32) {
	t.Helper()
	rec, err := capture.OpenReader(t.Context(), demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	for {
		b, err := rec.Next(t.Context())
		all = append(all, b.Samples...)
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A speaker who was heard yesterday is called by name today, whatever the block size.
// Without known voices, the events are those of a run that does not compare.
func TestRecall(t *testing.T) {
	m, err := modelfile.Eigenvoices()
	if err != nil {
		t.Fatal(err)
	}
	sound := demoSound(t)
	run := func(r *Recall, size func() int) (tl *event.Timeline, events []event.Event) {
		t.Helper()
		tl, err := Run(t.Context(), &pieces{x: sound, n: size}, Options{Stream: "demo", Pipeline: pipeline.Config{Model: m}, Recall: r,
			OnEvent: func(e event.Event) error {
				e.Run, e.Wall, e.Status, e.Source = "", time.Time{}, nil, nil
				events = append(events, e)
				return nil
			}})
		if err != nil {
			t.Fatal(err)
		}
		return tl, events
	}
	same := func(a, b []event.Event) bool {
		return slices.EqualFunc(a, b, func(a, b event.Event) bool {
			x, errX := a.MarshalJSON()
			y, errY := b.MarshalJSON()
			return errX == nil && errY == nil && string(x) == string(y)
		})
	}
	tenth := func() int { return 1600 }
	_, plain := run(nil, tenth)
	var heard map[int]model.Stats
	yesterday, looked := run(&Recall{Heard: func(said map[int]model.Stats, _ func(int) (int, string)) { heard = said }}, tenth)
	if !same(plain, looked) {
		t.Error("a run that knows nobody has other events than one that does not look")
	}
	var people []enroll.Speaker
	for n, stats := range heard {
		if enroll.Check(stats) == nil {
			people = append(people, enroll.Speaker{Name: "voice of " + event.Speaker(n).String(), Stats: stats})
		}
	}
	slices.SortFunc(people, func(a, b enroll.Speaker) int { return len(a.Name) - len(b.Name) })
	if len(people) < 2 {
		t.Fatalf("%d of %d people can be known again", len(people), yesterday.Speakers())
	}
	today, events := run(&Recall{People: people}, tenth)
	named := 0
	for n := range heard {
		if s := event.Speaker(n); today.Name(s) != s.String() {
			named++
			if today.Name(s) != "voice of "+s.String() {
				t.Errorf("%s is called %s", s, today.Name(s))
			}
		}
	}
	if named < 2 {
		t.Errorf("%d of %d people are known again", named, len(people))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for name, size := range map[string]func() int{"at once": func() int { return len(sound) }, "any": func() int { return 1 + r.IntN(50000) }} {
		if _, other := run(&Recall{People: people}, size); !same(other, events) {
			t.Errorf("blocks of %s: other events", name)
		}
	}
}
