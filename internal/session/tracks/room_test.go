package tracks

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
)

// told is a source of blocks. After its blocks it returns an error, or waits if it has
// none.
type told struct {
	blocks []capture.Block
	err    error
}

func (s *told) Next(ctx context.Context) (capture.Block, error) {
	if len(s.blocks) == 0 {
		if s.err == nil {
			<-ctx.Done()
			return capture.Block{}, ctx.Err()
		}
		return capture.Block{}, s.err
	}
	b := s.blocks[0]
	s.blocks = s.blocks[1:]
	return b, nil
}

func (s *told) Close() error { return nil }

// inBlocks is a sound in blocks of n samples.
func inBlocks(sound []float32, n int) *told {
	s := &told{err: io.EOF}
	at := int64(0)
	for part := range slices.Chunk(sound, n) {
		s.blocks = append(s.blocks, capture.Block{Start: at, Samples: slices.Clone(part)})
		at += int64(len(part))
	}
	return s
}

// hold runs a room to its end and returns its events without the fields that differ between
// runs.
func hold(t *testing.T, r *Room, most int) (events []event.Event) {
	t.Helper()
	m, _, err := modelfile.Embedded(modelfile.Light)
	if err != nil {
		t.Fatal(err)
	}
	cfg := pipeline.Config{Model: m}
	cfg.Online.Limits.Max = most
	_, err = session.Run(t.Context(), r, session.Options{Stream: "talk", Pipeline: cfg, Diarize: r.Diarize, Called: r.Name,
		OnEvent: func(e event.Event) error {
			e.Run, e.Wall = "run", time.Time{}
			if e.Status != nil {
				e.Status = &event.Status{}
			}
			if e.Source != nil {
				e.Source = &event.Source{}
			}
			events = append(events, e)
			return nil
		}})
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return events
}

// The events of a live meeting of several microphones are those of their recordings. They
// do not depend on how the sound is cut into blocks.
func TestRoomTellsWhoSpeaks(t *testing.T) {
	names, sounds, reference := meeting(t, 0.2)
	const shorter = 12 // seconds
	reference = slices.DeleteFunc(reference, func(s rttm.Segment) bool { return s.Start > shorter })
	reference[len(reference)-1].End = min(shorter, reference[len(reference)-1].End)
	for i := range sounds {
		sounds[i] = sounds[i][:shorter*capture.Rate]
	}
	var before []byte
	for _, size := range []int{320, 4001} {
		var inputs []Input
		for i, name := range names {
			inputs = append(inputs, Input{Name: name, Source: inBlocks(sounds[i], size+i)})
		}
		events := hold(t, NewRoom(inputs, 0), 0)
		talk, wrong, missed := against(t, events, reference)
		t.Logf("of %.1f s %.1f wrong, %.1f missed", talk, wrong, missed)
		if wrong > 0.1*talk || missed > 0.1*talk {
			t.Errorf("of %.1f s of speech %.1f s are told wrong and %.1f s are missed", talk, wrong, missed)
		}
		b, err := json.Marshal(events)
		if err != nil {
			t.Fatal(err)
		}
		if before != nil && string(b) != string(before) {
			t.Errorf("blocks of %d samples lead to other events", size)
		}
		before = b
	}
}

// Two people at one microphone are two speakers, with numbers that no other microphone
// uses.
func TestRoomOfTwoAtAMicrophone(t *testing.T) {
	names, sounds, _ := meeting(t, 0)
	both := make([]float32, len(sounds[0]))
	for n := range both {
		both[n] = (sounds[0][n] + sounds[1][n]) / 2
	}
	events := hold(t, NewRoom([]Input{{Name: "room", Source: inBlocks(both, 320)}, {Name: names[2], Source: inBlocks(sounds[2], 320)}}, 0), 2)
	called := map[event.Speaker]string{}
	for _, e := range events {
		if e.Kind == event.SpeakerIdentified {
			called[e.Speaker] = e.Name
		}
	}
	for speaker, name := range called {
		if stream, _ := pipeline.Part(int(speaker), 2); (name == names[2]) != (stream == 1) {
			t.Errorf("speaker %d is called %s", speaker, name)
		}
	}
	if called[1] != "room" || called[4] != "room 2" || called[2] != names[2] {
		t.Errorf("speakers are called %v", called)
	}
}

// The room waits for an input without sound no longer than patience. Sound that comes too
// late is counted. A long silence of all inputs is a gap.
func TestRoomGoesOnWithoutAnInput(t *testing.T) {
	const second = capture.Rate
	tone := func(start, n int64) capture.Block {
		b := capture.Block{Start: start, Samples: make([]float32, n)}
		for i := range b.Samples {
			b.Samples[i] = 0.5
		}
		return b
	}
	here, gone := &told{err: io.EOF}, &told{}
	for at := int64(0); at < 10*second; at += second / 10 {
		here.blocks = append(here.blocks, tone(at, second/10))
	}
	here.blocks = append(here.blocks, tone(100*second, second))
	gone.blocks = []capture.Block{tone(0, second)}
	r := NewRoom([]Input{{Name: "here", Source: here}, {Name: "gone", Source: gone}}, time.Second)
	defer r.Close()
	heard, gap := int64(0), int64(0)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for heard < 10*second+second/2 {
		b, err := r.Next(ctx)
		if err != nil {
			t.Fatalf("after %d samples: %v", heard, err)
		}
		gap = max(gap, b.Start-heard-gap)
		heard += int64(len(b.Samples))
	}
	if gap < 80*second || gap > 91*second {
		t.Errorf("a gap of %d samples, want about 90 s", gap)
	}
}

// Sound that comes after its time is counted.
func TestInputTooLate(t *testing.T) {
	in := &input{}
	for _, b := range []capture.Block{{Start: 100, Samples: []float32{1, 2, 3}}, {Start: 200}, {Start: 300, Samples: []float32{4, 5}}} {
		in.add(b, 101)
	}
	if got := in.cut(101, 4); in.late != 1 || !slices.Equal(got, []float32{2, 3, 0, 0}) || in.known != 302 {
		t.Errorf("%v, %d late, known up to %d", got, in.late, in.known)
	}
	if got := in.cut(299, 3); !slices.Equal(got, []float32{0, 4, 5}) || len(in.queue) > 0 {
		t.Errorf("%v, %d left", got, len(in.queue))
	}
}

// The error of an input names the input. What was heard before the error is reported.
func TestRoomNamesWhoFailed(t *testing.T) {
	broken := errors.New("the cable is out")
	r := NewRoom([]Input{{Name: "Ada", Source: inBlocks(make([]float32, 3200), 320)}, {Name: "Grace", Source: &told{err: broken}}}, 0)
	m, _, err := modelfile.Embedded(modelfile.Light)
	if err != nil {
		t.Fatal(err)
	}
	tl, err := session.Run(t.Context(), r, session.Options{Stream: "talk", Pipeline: pipeline.Config{Model: m}, Diarize: r.Diarize, Called: r.Name})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "track Grace") {
		t.Errorf("error %v", err)
	}
	if end := tl.Ended(); end == nil || end.Reason != event.Failed {
		t.Errorf("ended %+v", end)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// A meeting of several microphones is corrected as any other meeting.
func TestRoomIsCorrected(t *testing.T) {
	names, sounds, _ := meeting(t, 0.2)
	m, _, err := modelfile.Embedded(modelfile.Light)
	if err != nil {
		t.Fatal(err)
	}
	r := NewRoom([]Input{{Name: names[0], Source: inBlocks(sounds[0], 320)}, {Name: names[1], Source: inBlocks(sounds[1], 320)}}, 0)
	var desk *correct.Desk
	added := 0
	tl, err := session.Run(t.Context(), r, session.Options{Stream: "talk", Pipeline: pipeline.Config{Model: m}, Diarize: r.Diarize, Called: r.Name,
		OnDesk: func(d *correct.Desk) { desk = d },
		OnProgress: func(int64) {
			if added == 2 {
				added++
				if _, err := desk.Correct(correct.Correction{Action: correct.Merge, Speaker: 2, Into: 1}); err != nil {
					t.Error(err)
				}
			}
		},
		OnEvent: func(e event.Event) error {
			if e.Kind == event.SpeakerAdded {
				added++
			}
			return nil
		}})
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	for _, s := range tl.Segments() {
		if s.Speaker != names[0] {
			t.Errorf("%s speaks after the merge", s.Speaker)
		}
	}
	if added != 3 {
		t.Errorf("%d speakers", added)
	}
}
