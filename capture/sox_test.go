package capture

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

// TestAgainstSox compares decoded and converted samples with those of sox.
func TestAgainstSox(t *testing.T) {
	sox := needs.Tool(t, "sox")
	dir := t.TempDir()
	run := func(args ...string) []byte {
		t.Helper()
		out, err := exec.Command(sox, args...).Output()
		if err != nil {
			var ee *exec.ExitError
			if errors.As(err, &ee) {
				err = fmt.Errorf("%w: %s", err, ee.Stderr)
			}
			t.Fatalf("sox %v: %v", args, err)
		}
		return out
	}
	for _, rate := range []string{"8000", "11025", "22050", "32000", "44100", "48000", "16000", "96000"} {
		for _, c := range []struct {
			args   []string
			ext    string
			quiet  float64 // rms of the difference, dB under full scale
			pipeTo bool
		}{
			{[]string{"-b", "16", "-e", "signed"}, "wav", -70, false},
			{[]string{"-b", "24", "-e", "signed"}, "wav", -70, true},
			{[]string{"-b", "32", "-e", "signed"}, "wav", -70, false},
			{[]string{"-b", "8", "-e", "unsigned"}, "wav", -70, false},
			{[]string{"-b", "32", "-e", "float"}, "wav", -70, true},
			{[]string{"-b", "64", "-e", "float"}, "wav", -70, false},
			{[]string{"-e", "a-law"}, "wav", -70, false},
			{[]string{"-e", "u-law"}, "wav", -70, true},
			{[]string{"-b", "16"}, "flac", -70, false},
			{[]string{"-b", "24"}, "flac", -70, true},
		} {
			for _, ch := range []string{"1", "2"} {
				path := filepath.Join(dir, "x."+c.ext)
				// Band-limited noise and tones below the filters' edges.
				synth := []string{"-R", "-r", rate, "-n", "-c", ch}
				effects := []string{"synth", "0.7", "sine", "200-3000", "gain", "-6"}
				if c.pipeTo {
					args := append(append(synth, c.args...), "-t", c.ext, "-")
					if err := os.WriteFile(path, run(append(args, effects...)...), 0o600); err != nil {
						t.Fatal(err)
					}
				} else {
					run(append(append(append(synth, c.args...), path), effects...)...)
				}
				want := run("-V1", path, "-t", "raw", "-e", "float", "-b", "32", "-c", "1", "-", "rate", "-v", "16000")
				rec, err := Open(context.Background(), path, Options{})
				if err != nil {
					t.Fatal(err)
				}
				got, err := drain(t, rec)
				if err != nil || rec.Warning() != nil || len(got) < len(want)/4-1 || len(got) > len(want)/4+1 {
					t.Fatalf("%v: %d samples, sox %d, %v, %v", rec.Format(), len(got), len(want)/4, err, rec.Warning())
				}
				var e float64
				for i := 400; i < min(len(got), len(want)/4)-400; i++ {
					x := float64(math.Float32frombits(uint32(want[4*i]) | uint32(want[4*i+1])<<8 | uint32(want[4*i+2])<<16 | uint32(want[4*i+3])<<24))
					e += (float64(got[i]) - x) * (float64(got[i]) - x)
				}
				if db := 10 * math.Log10(e/float64(len(got))+1e-30); db > c.quiet {
					t.Errorf("%v: differs from sox by %.1f dB", rec.Format(), db)
				}
			}
		}
	}
}
