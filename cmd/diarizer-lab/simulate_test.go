package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/flac"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/lab/evaluate"
	"github.com/seed-7adb9000/diarizer/internal/lab/simulate"
)

// voicesIn makes a data directory of eight hissing voices.
func voicesIn(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "train"), 0o755); err != nil {
		t.Fatal(err)
	}
	manifest := "path\tcorpus\tspeaker\tseconds\trate\tlicence\tsource\tsplit\n"
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 8 {
		name := fmt.Sprintf("v%d.flac", i)
		f, err := os.Create(filepath.Join(dir, "train", name))
		if err != nil {
			t.Fatal(err)
		}
		w, err := flac.NewWriter(f, capture.Rate)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(simulate.Coloured(rng, 25*capture.Rate, rng.Float64())); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		manifest += fmt.Sprintf("%s\tc\tv%d\t25\t16000\tfree\tmade\tsim\n", name, i)
	}
	if err := os.WriteFile(filepath.Join(dir, "train", "manifest.tsv"), []byte(manifest), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestSimulate composes conversations that evaluate reads, the same ones again from
// the same seed, and refuses what it cannot compose.
func TestSimulate(t *testing.T) {
	data, out := voicesIn(t), t.TempDir()
	lab := func(args ...string) (int, string) {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), append([]string{"simulate", "--data", data, "--count", "1"}, args...), strings.NewReader(""), &stdout, &stderr)
		return code, stderr.String()
	}
	for _, dir := range []string{"a", "b"} {
		if code, text := lab("--out", filepath.Join(out, dir), "--length", "20s", "--conditions", "meeting,television"); code != 0 {
			t.Fatalf("status %d: %s", code, text)
		}
	}
	recs, err := evaluate.Load(filepath.Join(out, "a"))
	if err != nil || len(recs) != 2 {
		t.Fatalf("%d recordings, %v", len(recs), err)
	}
	again, err := evaluate.Load(filepath.Join(out, "b"))
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range recs {
		if len(r.Reference) < 3 || len(r.Samples) < 15*capture.Rate {
			t.Errorf("%s has %d turns in %d samples", r.Name, len(r.Reference), len(r.Samples))
		}
		if fmt.Sprint(r) != fmt.Sprint(again[i]) {
			t.Errorf("%s is another one from the same seed", r.Name)
		}
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--conditions", "opera"}, `"opera"`},
		{[]string{"--length", "1s"}, "10s or more"},
		{[]string{"--count", "0"}, "1 or more"},
	} {
		if code, text := lab(append([]string{"--out", out}, c.args...)...); code != cli.ExitUsage || !strings.Contains(text, c.want) {
			t.Errorf("%v: status %d, %s", c.args, code, text)
		}
	}
}
