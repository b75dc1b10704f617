package meter

import (
	"context"
	"errors"
	"io"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tone is a source of blocks of 100 ms whose samples alternate between ±a.
type tone struct {
	a      float32
	blocks int
	at     int64
}

func (s *tone) Next(context.Context) (capture.Block, error) {
	if s.blocks == 0 {
		return capture.Block{}, io.EOF
	}
	s.blocks--
	b := capture.Block{Start: s.at, Samples: make([]float32, 1600)}
	for i := range b.Samples {
		b.Samples[i] = s.a * float32(1-2*(i%2))
	}
	s.at = b.End()
	return b, nil
}

func (s *tone) Close() error { return nil }

func TestLevelAndLag(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	var got []Reading
	m := New(&tone{a: 0.1, blocks: 6}, func(r Reading) { got = append(got, r) })
	m.now = func() time.Time { return now }
	for {
		b, err := m.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		now = now.Add(60 * time.Millisecond) // faster than real time: not every block has a reading
		m.Decided(b.End())
	}
	if len(got) != 3 {
		t.Fatalf("%d readings, want 3: %+v", len(got), got)
	}
	for i, r := range got {
		if math.Abs(r.Level+20) > 0.05 || math.Abs(r.Peak+20) > 0.05 || r.At != event.Time(1600*(2*i+1)) {
			t.Errorf("reading %d is %+v", i, r)
		}
		if want := min(float64(i), 1) * 0.06; math.Abs(r.Lag-want) > 1e-9 {
			t.Errorf("reading %d has lag %v, want %v", i, r.Lag, want)
		}
	}
}

// TestBadSamples holds that samples that are no sound (NaN, infinite, huge) do not count in
// a reading and pass through unchanged.
func TestBadSamples(t *testing.T) {
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), -math.MaxFloat32} {
		var got []Reading
		m := New(&spoilt{tone{a: 0.1, blocks: 1}, bad}, func(r Reading) { got = append(got, r) })
		b, err := m.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || math.Abs(got[0].Level+20) > 0.05 || math.Abs(got[0].Peak+20) > 0.05 {
			t.Errorf("%g among the samples: readings %+v", bad, got)
		}
		if math.Float32bits(b.Samples[3]) != math.Float32bits(bad) {
			t.Errorf("%g became %g", bad, b.Samples[3])
		}
	}
}

// spoilt has one sample in each block that is no sound.
type spoilt struct {
	tone
	bad float32
}

func (s *spoilt) Next(ctx context.Context) (capture.Block, error) {
	b, err := s.tone.Next(ctx)
	if err == nil {
		b.Samples[3] = s.bad
	}
	return b, err
}

func TestSilenceIsTheFloor(t *testing.T) {
	var got []Reading
	m := New(&tone{blocks: 1}, func(r Reading) { got = append(got, r) })
	if _, err := m.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Level != Floor || got[0].Peak != Floor {
		t.Errorf("readings %+v", got)
	}
}

// TestFastSound has 10 s of sound between two readings. The sound begins loud, and the
// reading is of its beginning.
func TestFastSound(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	var got []Reading
	src := &tone{a: 0.1, blocks: 102}
	m := New(src, func(r Reading) { got = append(got, r) })
	m.now = func() time.Time { return now }
	for i := range 102 {
		switch i {
		case 1:
			src.a = 1
		case 11:
			src.a = 0.1
		case 101:
			now = now.Add(Every)
		}
		if _, err := m.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(got) != 2 || got[0].Level != -20 || got[1].Level != 0 || got[1].Peak != 0 {
		t.Errorf("readings %+v, expected two, the second at full scale", got)
	}
}

// A pipeline that never decides must not make the meter grow.
func TestBounded(t *testing.T) {
	m := New(&tone{blocks: 5000}, func(Reading) {})
	for range 5000 {
		if _, err := m.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.heard) > mostHeard {
		t.Errorf("%d moments kept", len(m.heard))
	}
}

func TestOverNATS(t *testing.T) {
	nc := natstest.New(t)
	var mu sync.Mutex
	var got []Reading
	done := make(chan bool)
	stop, err := Subscribe(nc, func(r Reading) {
		mu.Lock()
		defer mu.Unlock()
		if got = append(got, r); r.At == 2 {
			close(done)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for _, bad := range []string{"", "{", `{"stream":"b","run":"r"}`, `{"stream":"a b","run":"r"}`} {
		if err := nc.PublishMsg(&nats.Msg{Subject: Subject("a"), Data: []byte(bad)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 2 {
		if err := Publish(nc, Reading{Stream: "a", Run: "r", At: event.Time(i + 1), Level: -30, Peak: -20}); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("no readings came")
	}
	mu.Lock()
	defer mu.Unlock()
	if len(got) != 2 || got[0].Level != -30 {
		t.Errorf("readings %+v", got)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"stream":"a","run":"r","time":1.5,"level":-30,"peak":1e300,"lag":0.1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := decode(data)
		if err == nil && (r.Level < Floor || r.Level > -Floor || !event.ValidToken(r.Stream)) {
			t.Errorf("%q is %+v", data, r)
		}
	})
}
