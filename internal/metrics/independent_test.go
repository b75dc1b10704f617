package metrics

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

// TestEqualsIndependentScorer compares with a scorer that shares nothing with
// this package: a Python script, named by the environment variable DER_PY,
// that takes --collar, --skip-overlap and pairs of RTTM files, scores frames
// of 10 ms and prints one line for all pairs together.
func TestEqualsIndependentScorer(t *testing.T) {
	script := os.Getenv("DER_PY")
	if script == "" {
		t.Skip("DER_PY does not name a scorer to compare with")
	}
	python := needs.Tool(t, "python3")
	dir := t.TempDir()
	for seed := range uint64(150) {
		rnd := rand.New(rand.NewPCG(seed, 4))
		opts := conditions(rnd) // the script has no regions
		args := []string{script, "--collar", fmt.Sprint(opts.Collar)}
		if opts.SkipOverlap {
			args = append(args, "--skip-overlap")
		}
		var ref, hyp []rttm.Segment
		for i := range 1 + rnd.IntN(3) {
			file := fmt.Sprintf("f%d", i)
			r, h := annotation(rnd, file, 5), annotation(rnd, file, 6)
			r = append(r, rttm.Segment{File: file, Start: 7, End: 9, Speaker: "a"}) // never none
			for kind, segments := range map[string][]rttm.Segment{"ref": r, "hyp": h} {
				if err := rttm.WriteFile(filepath.Join(dir, file+kind), segments); err != nil {
					t.Fatal(err)
				}
			}
			args = append(args, filepath.Join(dir, file+"ref"), filepath.Join(dir, file+"hyp"))
			ref, hyp = append(ref, r...), append(hyp, h...)
		}
		out, err := exec.Command(python, args...).Output()
		if err != nil {
			t.Fatalf("%s %s: %v", python, strings.Join(args, " "), err)
		}
		var der, miss, fa, conf, speech, purity, off float64
		var files int
		if _, err := fmt.Sscanf(string(out), "DER %f miss %f fa %f conf %f speech %fs purity %f speakers-off %f files %d",
			&der, &miss, &fa, &conf, &speech, &purity, &off, &files); err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		c, err := CompareAll(ref, hyp, opts)
		if err != nil {
			t.Fatal(err)
		}
		s := c.All
		if s.Joint == 0 {
			s.Joint = 1 // the script calls it 0 % pure when nobody was found
		}
		for what, pair := range map[string][3]float64{ // mine, the script's, half of its last digit
			"DER": {s.DER(), der, 0.005}, "miss": {s.MissRate(), miss, 0.005}, "fa": {s.FalseAlarmRate(), fa, 0.005},
			"confusion": {s.ConfusionRate(), conf, 0.005}, "speech": {s.Speech.Seconds(), speech, 0.05},
			"purity": {s.Purity(), purity, 0.005}, "speakers off": {s.MeanSpeakersOff(), off, 0.005},
			"files": {float64(s.Recordings), float64(files), 0},
		} {
			if math.Abs(pair[0]-pair[1]) > pair[2]+1e-9 {
				t.Errorf("seed %d: %s %v, the script has %v", seed, what, pair[0], pair[1])
			}
		}
	}
}
