package evaluate_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/lab/evaluate"
	"github.com/seed-7adb9000/diarizer/internal/metrics"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/online"
)

// recording returns the demo, 70 s of four synthetic voices.
func recording(t *testing.T) evaluate.Recording {
	t.Helper()
	rec, err := capture.OpenReader(t.Context(), demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	x, err := capture.ReadAll(context.Background(), rec)
	if err != nil {
		t.Fatal(err)
	}
	return evaluate.Recording{Name: "demo", Samples: x, Reference: demo.Reference()}
}

func config(t *testing.T) pipeline.Config {
	t.Helper()
	m, _, err := modelfile.Embedded(modelfile.Accurate)
	if err != nil {
		t.Fatal(err)
	}
	return pipeline.Config{Model: m}
}

func diarized(t *testing.T, r evaluate.Recording, cfg pipeline.Config) []rttm.Segment {
	t.Helper()
	out, err := evaluate.Diarize(r, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return out.Final
}

func score(t *testing.T, ref, hyp []rttm.Segment) metrics.Score {
	t.Helper()
	s, _, err := metrics.Compare(ref, hyp, metrics.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestQuietPersonIsHeard turns one of the four down by 20 dB: she is somebody in the
// room all the same, and found.
func TestQuietPersonIsHeard(t *testing.T) {
	r := recording(t)
	quiet := r.Reference[len(r.Reference)-1].Speaker
	var hers []rttm.Segment
	for _, s := range r.Reference {
		if s.Speaker != quiet {
			continue
		}
		hers = append(hers, s)
		for i := int(s.Start * capture.Rate); i < min(int(s.End*capture.Rate), len(r.Samples)); i++ {
			r.Samples[i] *= 0.1
		}
	}
	got := diarized(t, r, config(t))
	if s := score(t, r.Reference, got); s.DER() > 15 {
		t.Errorf("DER %.1f %%, expected at most 15", s.DER())
	}
	missed, speech := 0.0, 0.0
	for _, s := range hers {
		speech += s.End - s.Start
		missed += s.End - s.Start - covered(got, s.Start, s.End)
	}
	if speech < 5 || missed > 0.15*speech {
		t.Errorf("%.1f s of her %.1f s are missed", missed, speech)
	}
}

// covered returns how much of a stretch anybody speaks in.
func covered(segments []rttm.Segment, from, to float64) float64 {
	const step = 0.01
	n := 0
	for at := from + step/2; at < to; at += step {
		if slices.ContainsFunc(segments, func(s rttm.Segment) bool { return s.Start <= at && at < s.End }) {
			n++
		}
	}
	return float64(n) * step
}

// TestVolumeDoesNotMatter holds that the demo, from clipping to a recorder's −55 dB, has
// the same people in the same places.
func TestVolumeDoesNotMatter(t *testing.T) {
	for _, dB := range []float64{6, -20, -40, -55} {
		r := recording(t)
		gain := float32(math.Pow(10, dB/20))
		for i := range r.Samples {
			r.Samples[i] = max(-1, min(1, gain*r.Samples[i]))
		}
		if s := score(t, r.Reference, diarized(t, r, config(t))); s.DER() > 12 || s.ConfusionRate() > 4 {
			t.Errorf("at %v dB: DER %.1f %%, confusion %.1f %%", dB, s.DER(), s.ConfusionRate())
		}
	}
}

// together returns the recording with the turns of its second half put over those of the
// first, as loud, where somebody else speaks: two conversations in one room.
func together(r evaluate.Recording) evaluate.Recording {
	const shift = 33.0
	n := int(shift * capture.Rate)
	out := evaluate.Recording{Name: "together", Samples: slices.Clone(r.Samples)}
	out.Reference = slices.Clone(r.Reference)
	for _, s := range r.Reference {
		from, to := s.Start-shift, s.End-shift
		if from < 0 || slices.ContainsFunc(r.Reference, func(o rttm.Segment) bool {
			return o.Speaker == s.Speaker && o.Start < to+0.5 && from-0.5 < o.End
		}) {
			continue
		}
		for i := int(s.Start * capture.Rate); i < min(int(s.End*capture.Rate), len(r.Samples)); i++ {
			out.Samples[i-n] += r.Samples[i]
		}
		s.Start, s.End = from, to
		out.Reference = append(out.Reference, s)
	}
	return out
}

// TestTwoAtOnce holds that where two speak at once two turns are told, and hardly
// anywhere else, and that Exclusive tells of one.
func TestTwoAtOnce(t *testing.T) {
	r := together(recording(t))
	cfg := config(t)
	found, never, both := overlaps(r.Reference, diarized(t, r, cfg))
	t.Logf("%.1f s of overlap, %.0f %% found, %.1f s told of where there is none", both, 100*found/both, never)
	if both < 8 || found < 0.4*both || never > 0.3*both {
		t.Errorf("%.1f of %.1f s of overlap found, %.1f s told of where there is none", found, both, never)
	}
	cfg.Online = online.Config{Exclusive: true}
	if found, never, _ := overlaps(r.Reference, diarized(t, r, cfg)); found+never > 0 {
		t.Errorf("Exclusive told of two at once for %.2f s", found+never)
	}
}

// overlaps returns for how long two speak at once in both, in got alone and in want.
func overlaps(want, got []rttm.Segment) (found, never, both float64) {
	const step = 0.01
	end := 0.0
	for _, s := range slices.Concat(want, got) {
		end = max(end, s.End)
	}
	count := func(list []rttm.Segment, at float64) (n int) {
		for _, s := range list {
			if s.Start <= at && at < s.End {
				n++
			}
		}
		return n
	}
	for at := step / 2; at < end; at += step {
		w, g := count(want, at) > 1, count(got, at) > 1
		if w {
			both += step
		}
		switch {
		case w && g:
			found += step
		case g:
			never += step
		}
	}
	return found, never, both
}
