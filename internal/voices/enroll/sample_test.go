package enroll

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
)

// sound is a source of samples in memory.
type sound struct {
	x  []float32
	at int
}

func (s *sound) Next(context.Context) (capture.Block, error) {
	if s.at == len(s.x) {
		return capture.Block{}, io.EOF
	}
	b := capture.Block{Start: int64(s.at), Samples: s.x[s.at:min(s.at+1600, len(s.x))]}
	s.at += len(b.Samples)
	return b, nil
}

func (s *sound) Close() error { return nil }

// said is what these people say in the first part of the demo recording, one turn after
// the other.
func said(t *testing.T, people ...string) []float32 {
	t.Helper()
	src, err := capture.OpenReader(t.Context(), demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var all, out []float32
	for err == nil {
		var b capture.Block
		b, err = src.Next(t.Context())
		all = append(all, b.Samples...)
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	for _, s := range demo.Reference() {
		for _, name := range people {
			if s.Speaker == name && s.End < 35 {
				out = append(out, all[int(s.Start*capture.Rate):min(int(s.End*capture.Rate), len(all))]...)
				out = append(out, make([]float32, capture.Rate/3)...)
			}
		}
	}
	return out
}

// noisy returns x with noise of the given level, RMS.
func noisy(x []float32, level float64) []float32 {
	rng := rand.New(rand.NewPCG(1, 1))
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = v + float32(level*rng.NormFloat64())
	}
	return out
}

// TestSamples enrols with what is good and refuses what is not, and says what was found.
func TestSamples(t *testing.T) {
	one := said(t, "mara")
	two := said(t, "mara", "ray")
	for _, c := range []struct {
		what string
		kind string
		x    []float32
		want error // nil if it is good
		says string
	}{
		{"one voice", modelfile.Light, one, nil, ""},
		{"one voice", modelfile.Accurate, one, nil, ""},
		{"with faint noise", modelfile.Light, noisy(one, 0.001), nil, ""},
		{"two voices", modelfile.Light, two, ErrVoices, "s of another: give recordings of one person alone"},
		{"two voices", modelfile.Accurate, two, ErrVoices, "s of another: give recordings of one person alone"},
		{"too short", modelfile.Light, one[:3*capture.Rate], ErrTooShort, "3.0 s, expected at least 5 s: give more recordings"},
		{"silence", modelfile.Light, make([]float32, 10*capture.Rate), ErrTooShort, "0.0 s, expected"},
		{"too noisy", modelfile.Light, noisy(one, 0.06), ErrNoisy, "dB above the noise, expected at least 8 dB"},
	} {
		m, _, err := modelfile.Embedded(c.kind)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Learn(t.Context(), m, &sound{x: c.x})
		if err != nil {
			t.Fatal(err)
		}
		found := s.Check()
		if found == nil {
			found = Check(s.Stats)
		}
		if !errors.Is(found, c.want) || found != nil && !strings.Contains(found.Error(), c.says) {
			t.Errorf("%s, %s: %v, expected %v; voices %.1f, speech of %v dBFS, noise of %v", c.kind, c.what, found, c.want, s.Voices, s.Speech, s.Noise)
		}
	}
}
