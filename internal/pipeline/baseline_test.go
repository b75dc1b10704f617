package pipeline

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/testkit/raced"
	"github.com/seed-7adb9000/diarizer/online"
)

var update = flag.Bool("update", false, "write testdata/baseline again; read the difference before you commit it")

// TestBaseline holds what both models say of three conversations, turn by turn
// (RTTM) and event by event. A change of the code that is no change of the
// algorithm changes neither. Of the events, the scores and confidences are left
// out: they differ in their last digits between the kernels of processors.
func TestBaseline(t *testing.T) {
	spoken := talk(t, 71)
	for _, c := range []struct {
		name  string
		sound []capture.Block
	}{
		{"demo", blocks(0, spoken[:45*capture.Rate])},
		{"rearranged", blocks(0, rearranged(spoken))},
		{"gap", withGap(overlapped(spoken))},
	} {
		if raced.Enabled && c.name != "gap" {
			continue
		}
		for _, m := range []string{modelfile.Light, modelfile.Accurate} {
			t.Run(c.name+"."+m, func(t *testing.T) {
				events, turns := diarized(t, Config{Model: embedded(t, m)}, c.name, c.sound)
				compare(t, filepath.Join("testdata", "baseline", c.name+"."+m+".events"), events)
				compare(t, filepath.Join("testdata", "baseline", c.name+"."+m+".rttm"), turns)
			})
		}
	}
}

// compare compares what was found with a file, or writes the file where that is asked for.
func compare(t *testing.T, path string, found []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, found, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(found, want) {
		return
	}
	got, expected := bytes.Split(found, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range max(len(got), len(expected)) {
		if i >= len(got) || i >= len(expected) || !bytes.Equal(got[i], expected[i]) {
			line := func(all [][]byte) []byte {
				if i < len(all) {
					return all[i]
				}
				return []byte("(nothing)")
			}
			t.Fatalf("%s, line %d: found %q, expected %q", path, i+1, line(got), line(expected))
		}
	}
}

// diarized returns the events of a conversation, a line each, and its RTTM.
func diarized(t *testing.T, cfg Config, name string, sound []capture.Block) (events, turns []byte) {
	t.Helper()
	s, err := NewStream(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var list bytes.Buffer
	enc := event.Encoder{Stream: name, Run: "run"}
	var timeline event.Timeline
	apply := func(e event.Event) {
		if err := timeline.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	apply(enc.Start(event.Source{Name: name}))
	emit := func(e online.Event) {
		fmt.Fprintf(&list, "%d kind %d speaker %d into %d turn %d of %d from %d to %d state %s\n", e.At, e.Kind,
			e.Speaker, e.Into, e.Turn.ID, e.Turn.Speaker, e.Turn.Start, e.Turn.End, e.Turn.State)
		apply(online.Encode(&enc, e))
	}
	for _, b := range sound {
		gap, err := s.Hear(t.Context(), b, emit)
		if err != nil {
			t.Fatal(err)
		}
		if gap.End > 0 {
			fmt.Fprintf(&list, "gap from %d to %d\n", gap.Start, gap.End)
		}
	}
	if err := s.Flush(emit); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := rttm.Write(&text, timeline.Segments()); err != nil {
		t.Fatal(err)
	}
	return list.Bytes(), text.Bytes()
}

// blocks cuts sound that begins at a position into blocks of a tenth of a second.
func blocks(start int64, x []float32) []capture.Block {
	var all []capture.Block
	for b := range slices.Chunk(x, capture.Rate/10) {
		all = append(all, capture.Block{Start: start, Samples: b})
		start += int64(len(b))
	}
	return all
}

// withGap loses two seconds in the middle.
func withGap(x []float32) []capture.Block {
	half := len(x) / 2
	return append(blocks(0, x[:half]), blocks(int64(half)+2*capture.Rate, x[half+2*capture.Rate:])...)
}

// aloud returns what each voice of the demo says when nobody speaks beside it, in pieces.
func aloud(x []float32) [][]float32 {
	all := demo.Reference()
	var pieces [][]float32
	for i, s := range all {
		alone := !slices.ContainsFunc(slices.Delete(slices.Clone(all), i, i+1), func(o rttm.Segment) bool {
			return o.Start < s.End && s.Start < o.End
		})
		if alone && s.End-s.Start > 1 {
			pieces = append(pieces, x[int(s.Start*capture.Rate):min(int(s.End*capture.Rate), len(x))])
		}
	}
	return pieces
}

// rearranged is half a minute of the demo's talk in another order, with pauses and at
// other levels, in faint noise.
func rearranged(x []float32) []float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	pieces := aloud(x)
	rng.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
	var out []float32
	for _, p := range pieces {
		gain := 0.2 + 0.8*rng.Float32()
		for _, v := range p {
			out = append(out, float32(gain*v))
		}
		out = append(out, make([]float32, capture.Rate/10+rng.IntN(capture.Rate))...)
		if len(out) > 30*capture.Rate {
			break
		}
	}
	for i := range out {
		out[i] += float32(0.0005 * rng.NormFloat64())
	}
	return out
}

// overlapped is a quarter of a minute of the demo with later talk over its second half.
func overlapped(x []float32) []float32 {
	out := slices.Clone(x[:16*capture.Rate])
	for i := 9 * capture.Rate; i < len(out); i++ {
		out[i] += float32(0.7 * x[i+20*capture.Rate])
	}
	return out
}
