package pipeline

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/segment"
	"github.com/seed-7adb9000/diarizer/vad"
)

func newStream(t interface{ Fatal(...any) }, cfg Config) *Stream {
	s, err := NewStream(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStateIsComplete(t *testing.T) {
	s := newStream(t, Config{Model: anyModel(1)})
	statetest.Covers(t, s, s.fields(), "fingerprint", "links")
	statetest.Covers(t, s.front, s.front.fields(), "second", "given", "speech", "delay", "ended", "patience", "copied")
	s = newStream(t, Config{Model: tracked{anyModel(1)}})
	statetest.Covers(t, s.front, s.front.fields(), "given", "speech", "delay", "ended", "patience", "copied")
	f := s.front.second
	f.frames = make([]presence, 1)
	statetest.Covers(t, f, f.fields(), "sound")
	statetest.Covers(t, &f.frames[0].Presence, f.frames[0].fields())
}

// TestMovedStream holds that a stream that goes on from its snapshot, taken
// anywhere, any number of times, with blocks of any size, has the events of one
// that was left alone.
func TestMovedStream(t *testing.T) {
	x := voices(12)
	window := online.Config{Window: 6} // so that utterances leave it
	for name, cfg := range map[string]Config{
		"detected":         {Model: anyModel(1)},
		"two looks":        {Model: tracked{anyModel(1)}},
		"two, small":       {Model: tracked{anyModel(1)}, Online: window},
		"small window":     {Model: anyModel(1), Online: window},
		"given speech":     {Model: anyModel(2), Speech: []vad.Span{{Start: 16000, End: 200000}, {Start: 230000, End: 400000}}},
		"given utterances": {Model: anyModel(3), Utterances: []segment.Utterance{{Start: 8000, End: 90000}, {Start: 60000, End: 190000}}},
	} {
		t.Run(name, func(t *testing.T) {
			var want []online.Event
			keep := func(e online.Event) { want = append(want, e) }
			whole := newStream(t, cfg)
			whole.Push(x, keep)
			if err := whole.Flush(keep); err != nil {
				t.Fatal(err)
			}
			if len(want) < 5 {
				t.Fatalf("%d events: expected the sound to be taken for speech", len(want))
			}
			rapid.Check(t, func(t *rapid.T) {
				var got []online.Event
				emit := func(e online.Event) { got = append(got, e) }
				s := newStream(t, cfg)
				cuts := rapid.SliceOfN(rapid.IntRange(0, len(x)), 1, 3).Draw(t, "cuts")
				slices.Sort(cuts)
				at := 0
				for _, cut := range cuts {
					block := rapid.IntRange(100, 90000).Draw(t, "block")
					for at < cut {
						n := min(block, cut-at)
						s.Push(x[at:at+n], emit)
						at += n
					}
					next, err := RestoreStream(cfg, s.AppendSnapshot(nil))
					if err != nil {
						t.Fatal(err)
					}
					s = next
				}
				s.Push(x[at:], emit)
				if err := s.Flush(emit); err != nil {
					t.Fatal(err)
				}
				for i := range min(len(got), len(want)) {
					if !sameEvents(got[i:i+1], want[i:i+1]) {
						t.Fatalf("event %d is\n%+v, expected\n%+v", i, got[i], want[i])
					}
				}
				if len(got) != len(want) {
					t.Fatalf("%d events, expected %d", len(got), len(want))
				}
			})
		})
	}
}

// TestBadSnapshots are refused: any flipped bit, any length, another model,
// other settings.
func TestBadSnapshots(t *testing.T) {
	cfg := Config{Model: anyModel(1)}
	s := newStream(t, cfg)
	s.Push(voices(5), func(online.Event) {})
	good := s.AppendSnapshot([]byte("before"))[len("before"):]
	if _, err := RestoreStream(cfg, good); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		bad := slices.Clone(good)
		if rapid.Bool().Draw(t, "cut") {
			bad = bad[:rapid.IntRange(0, len(bad)-1).Draw(t, "length")]
		} else {
			bad[rapid.IntRange(0, len(bad)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
		if _, err := RestoreStream(cfg, bad); !errors.Is(err, ErrSnapshot) {
			t.Fatalf("a damaged snapshot: %v", err)
		}
	})
	for name, other := range map[string]Config{
		"model":    {Model: anyModel(2)},
		"settings": {Model: cfg.Model, Online: online.Config{MinCreate: 90}},
	} {
		if _, err := RestoreStream(other, good); !errors.Is(err, ErrSnapshot) {
			t.Errorf("a snapshot of another %s: %v", name, err)
		}
	}
}

// FuzzRestoreStream reads anything, its checksum put right, without a panic.
func FuzzRestoreStream(f *testing.F) {
	cfg := Config{Model: anyModel(1)}
	s := newStream(f, cfg)
	x := voices(3)
	for range 3 {
		f.Add(s.AppendSnapshot(nil))
		s.Push(x, func(online.Event) {})
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := RestoreStream(cfg, b); err == nil {
			s.AppendSnapshot(nil)
		} else if !errors.Is(err, ErrSnapshot) {
			t.Error(err)
		}
	})
}
