package tracks

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// samples are a source.
type samples struct {
	all []float32
	at  int
}

func (s *samples) Next(context.Context) (capture.Block, error) {
	if s.at == len(s.all) {
		return capture.Block{}, io.EOF
	}
	n := min(320, len(s.all)-s.at)
	b := capture.Block{Start: int64(s.at), Samples: s.all[s.at : s.at+n]}
	s.at += n
	return b, nil
}

func (s *samples) Close() error { return nil }

// seconds is how much of the demo is taken, in seconds: three of its speakers.
const seconds = 24

// meeting is the demo as it would be with a microphone for each speaker: everybody's
// own speech, that of the others so many times as loud and a little later, and some noise. The
// microphones are of different levels.
func meeting(t *testing.T, leak float32) (tracks []Track, reference []rttm.Segment) {
	t.Helper()
	rec, err := capture.OpenReader(t.Context(), demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	sound, err := capture.ReadAll(t.Context(), rec)
	if err != nil {
		t.Fatal(err)
	}
	sound = sound[:seconds*capture.Rate]
	for _, s := range demo.Reference() {
		if s.End < seconds {
			reference = append(reference, s)
		}
	}
	own := map[string][]float32{}
	var names []string
	for _, s := range reference {
		if own[s.Speaker] == nil {
			own[s.Speaker] = make([]float32, len(sound))
			names = append(names, s.Speaker)
		}
		from, to := int(s.Start*capture.Rate), min(len(sound), int(s.End*capture.Rate))
		copy(own[s.Speaker][from:to], sound[from:to])
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i, name := range names {
		gain := []float32{1, 0.3, 0.6, 0.15}[i%4]
		all := make([]float32, len(sound))
		for j, other := range names {
			delay, loud := 0, float32(1)
			if i != j {
				delay, loud = 160*(1+(i+j)%5), leak
			}
			for n := delay; n < len(all); n++ {
				all[n] += gain * loud * own[other][n-delay]
			}
		}
		for n := range all {
			all[n] += gain * 0.0003 * float32(rng.NormFloat64())
		}
		tracks = append(tracks, Track{Name: name, Open: func(context.Context) (capture.Source, error) { return &samples{all: all}, nil }})
	}
	return tracks, reference
}

// talk is the time that everybody speaks, and errs the time of it that is somebody else's
// by the reference, or nobody's.
func against(t *testing.T, r Result, reference []rttm.Segment) (talk, wrong, missed float64) {
	t.Helper()
	tl := &event.Timeline{}
	for _, e := range r.Events {
		if err := tl.Apply(e); err != nil {
			t.Fatalf("%+v: %v", e, err)
		}
	}
	const tick = 0.01
	said := map[string]bool{}
	for _, s := range reference {
		for x := s.Start; x < s.End; x += tick {
			said[fmt.Sprint(s.Speaker, int(x/tick))] = true
		}
	}
	talk = float64(len(said)) * tick
	told := map[string]bool{}
	for _, s := range tl.Segments() {
		for x := s.Start; x < s.End; x += tick {
			told[fmt.Sprint(s.Speaker, int(x/tick))] = true
		}
	}
	for k := range told {
		if !said[k] {
			wrong += tick
		}
	}
	for k := range said {
		if !told[k] {
			missed += tick
		}
	}
	return talk, wrong, missed
}

// What one microphone hears of others is told once, whatever their levels; what is
// said by two at once is told of both.
func TestLeakageIsToldOnce(t *testing.T) {
	m, _, err := modelfile.Embedded(modelfile.Light)
	if err != nil {
		t.Fatal(err)
	}
	for _, leak := range []float32{0, 0.2} {
		tracks, reference := meeting(t, leak)
		r, err := Diarize(t.Context(), tracks, Options{Stream: "talk", Name: "talk", Pipeline: pipeline.Config{Model: m}, Jobs: 2})
		if err != nil {
			t.Fatal(err)
		}
		talk, wrong, missed := against(t, r, reference)
		t.Logf("leak %v: of %.1f s %.1f wrong, %.1f missed; %v", leak, talk, wrong, missed, r.Leaked)
		if wrong > 0.1*talk || missed > 0.1*talk {
			t.Errorf("leak %v: of %.1f s of speech %.1f s are told wrong and %.1f s are missed", leak, talk, wrong, missed)
		}
	}
}
