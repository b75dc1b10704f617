package tracks

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
)

// from returns the sound of an input from a position of the meeting on.
func from(sound []float32, begin, later int) *told {
	s := inBlocks(sound[begin:], 320)
	for i := range s.blocks {
		s.blocks[i].Start += int64(begin + later)
	}
	return s
}

// A meeting of several microphones that resumes another one has that meeting's speakers, with their
// numbers and names. It reports the gap, and recognises the speakers. A speaker who had not spoken
// yet is called after the microphone.
func TestRoomGoesOnWithAnother(t *testing.T) {
	names, sounds, reference := meeting(t, 0)
	names, sounds = names[:2], sounds[:2]
	reference = slices.DeleteFunc(reference, func(s rttm.Segment) bool { return !slices.Contains(names, s.Speaker) })
	m, _, err := modelfile.Embedded(modelfile.Light)
	if err != nil {
		t.Fatal(err)
	}
	const half, away, every = 12 * capture.Rate, 30 * capture.Rate, 4 * capture.Rate
	cfg := pipeline.Config{Model: m}
	room := func(begin, end, later int) *Room {
		var inputs []Input
		for i, name := range names {
			inputs = append(inputs, Input{Name: name, Source: from(sounds[i][:end], begin, later)})
		}
		r := NewRoom(inputs, 0)
		r.Keep(every)
		return r
	}
	// hold runs a meeting to its end, with a correction when its first speaker is there.
	hold := func(r *Room, keep *session.Keep, renamed string) (*event.Timeline, []event.Gap) {
		t.Helper()
		var desk *correct.Desk
		var gaps []event.Gap
		known := false
		keep.Every = every
		tl, err := session.Run(t.Context(), r, session.Options{Stream: "talk", Pipeline: cfg, Diarize: r.Diarize, Called: r.Name, Keep: keep,
			OnDesk: func(d *correct.Desk) { desk = d },
			OnProgress: func(int64) {
				if known && renamed != "" {
					if _, err := desk.Correct(correct.Correction{Action: correct.Rename, Speaker: 1, Name: renamed}); err != nil {
						t.Error(err)
					}
					renamed = ""
				}
			},
			OnEvent: func(e event.Event) error {
				known = known || e.Kind == event.SpeakerAdded && e.Speaker == 1
				if e.Kind == event.GapFound {
					gaps = append(gaps, *e.Gap)
				}
				return nil
			}})
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		return tl, gaps
	}
	var kept []session.Snapshot
	first, _ := hold(room(0, half, 0), &session.Keep{Save: func(s session.Snapshot) { kept = append(kept, s) }}, "Ada")
	if len(kept) < 3 || kept[0].At < every || kept[0].At > every+capture.Rate || kept[len(kept)-1].At != half {
		t.Fatalf("%d states, the last of %d", len(kept), kept[len(kept)-1].At)
	}
	// The state of a meeting that has ended, and that of a program that was killed.
	for _, i := range []int{len(kept) - 1, len(kept) - 2} {
		data, err := json.Marshal(kept[i])
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("a state of %d microphones takes %d bytes", len(names), len(data))
		var before session.Snapshot
		if err := json.Unmarshal(data, &before); err != nil {
			t.Fatal(err)
		}
		if err := Check(before.Chain, cfg, len(names)); err != nil {
			t.Fatal(err)
		}
		r := room(half, len(sounds[0]), away)
		if err := r.GoOn(before.Chain, half+away); err != nil {
			t.Fatal(err)
		}
		second, gaps := hold(r, &session.Keep{Save: func(session.Snapshot) {}, From: &before, Begin: half + away}, "")
		if want := (event.Gap{Start: event.Time(before.At), End: half + away}); !slices.Contains(gaps, want) {
			t.Errorf("gaps %v, want %v", gaps, want)
		}
		if first.Name(1) != "Ada" || second.Name(1) != "Ada" || second.Name(2) != names[1] {
			t.Errorf("speakers are called %s and %s", second.Name(1), second.Name(2))
		}
		same, all := 0, 0
		for _, s := range reference {
			who := event.Speaker(slices.Index(names, s.Speaker) + 1)
			for x := s.Start; x < s.End; x += 0.1 {
				at := event.Time(x * event.Rate)
				if at > event.Time(before.At)-event.Rate && at < half { // this sound was lost
					continue
				} else if at >= half {
					at += away
				}
				all++
				for _, turn := range second.Between(at, at+1) {
					if turn.Speaker == who {
						same++
						break
					}
				}
			}
		}
		t.Logf("%d of %d tenths of a second are told right", same, all)
		if same*10 < all*8 {
			t.Errorf("%d of %d tenths of a second are told right:\n%v", same, all, second.Segments())
		}
	}
}

// A state that does not fit the room is refused before anything is heard.
func TestRoomRefusesAStateOfAnother(t *testing.T) {
	m, _, err := modelfile.Embedded(modelfile.Light)
	if err != nil {
		t.Fatal(err)
	}
	cfg := pipeline.Config{Model: m}
	var state []byte
	r := NewRoom([]Input{{Name: "Ada", Source: inBlocks(make([]float32, 3200), 320)}, {Name: "Grace", Source: inBlocks(make([]float32, 3200), 320)}}, 0)
	r.Keep(1 << 40)
	if err := r.Diarize(t.Context(), r, cfg, func(o pipeline.Output) error {
		if o.Before != nil {
			state = o.Before
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Check(state, cfg, 2); err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]byte{nil, state[:len(state)-1], append(slices.Clone(state), 0), []byte("x")} {
		if err := Check(bad, cfg, 2); !errors.Is(err, ErrState) {
			t.Errorf("%d bytes: %v", len(bad), err)
		}
	}
	if err := Check(state, cfg, 3); !errors.Is(err, ErrState) {
		t.Errorf("of another number of microphones: %v", err)
	}
	cfg.Online.Limits.Max = 2
	if err := Check(state, cfg, 2); !errors.Is(err, ErrState) {
		t.Errorf("with two at a microphone: %v", err)
	}
	cfg.Online.Limits.Max = 0
	if cfg.Model, _, err = modelfile.Embedded(modelfile.Accurate); err != nil {
		t.Fatal(err)
	}
	if err := Check(state, cfg, 2); !errors.Is(err, pipeline.ErrSnapshot) {
		t.Errorf("of another model: %v", err)
	}
	other := NewRoom([]Input{{Name: "Ada", Source: &told{err: io.EOF}}}, 0)
	if err := other.GoOn(state, 0); !errors.Is(err, ErrState) {
		t.Errorf("by one microphone: %v", err)
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
}
