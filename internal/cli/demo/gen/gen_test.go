package main

import (
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

// tone is frames of a tone with silence around: every pair is a start and an
// end, in frames.
func tone(frames int, on ...int) []float64 {
	samples := make([]float64, frames*frame)
	for i := 0; i < len(on); i += 2 {
		for j := on[i] * frame; j < on[i+1]*frame; j++ {
			samples[j] = 0.5 * math.Sin(2*math.Pi*500*float64(j)/rate)
		}
	}
	return samples
}

func TestSpeechRegions(t *testing.T) {
	for _, c := range []struct {
		on   []int
		want []region
	}{
		{nil, nil},
		{[]int{10, 30}, []region{{10, 30}}},
		{[]int{0, 30, 80, 100}, []region{{0, 100}}},           // a pause of half a second
		{[]int{5, 30, 81, 100}, []region{{5, 30}, {81, 100}}}, // a longer one
	} {
		if got := speechRegions(tone(100, c.on...)); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v: regions %v, want %v", c.on, got, c.want)
		}
	}
	faint := tone(100, 10, 30)
	for i := range faint[:10*frame] {
		faint[i] = 0.001 * math.Sin(float64(i)) // 54 dB below the tone
	}
	if got := speechRegions(faint); !reflect.DeepEqual(got, []region{{10, 30}}) {
		t.Errorf("with faint noise before: %v", got)
	}
}

func TestLayOut(t *testing.T) {
	a, b := voice{name: "a", level: -20}, voice{name: "b", level: -26}
	d := dialogue{turns: []turn{{a, 0.5, "one"}, {b, 0.25, "two"}, {a, -0.1, "three"}}}
	samples, segments, err := layOut(d, [][]float64{
		tone(100, 10, 30), tone(200, 50, 70, 130, 140), tone(50, 0, 40)})
	if err != nil {
		t.Fatal(err)
	}
	want := []rttm.Segment{
		{File: "demo", Channel: "1", Speaker: "a", Start: 0.5, End: 0.7},
		{File: "demo", Channel: "1", Speaker: "b", Start: 0.95, End: 1.15},
		{File: "demo", Channel: "1", Speaker: "b", Start: 1.75, End: 1.85},
		{File: "demo", Channel: "1", Speaker: "a", Start: 1.75, End: 2.15},
	}
	if !reflect.DeepEqual(segments, want) {
		t.Errorf("segments %v\nwant     %v", segments, want)
	}
	if n := (215 + 100) * frame; len(samples) != n {
		t.Errorf("%d samples, want %d", len(samples), n)
	}
	level := func(from, to int) float64 {
		sum := 0.0
		for _, s := range samples[from*frame : to*frame] {
			sum += s * s
		}
		return 10 * math.Log10(sum/float64((to-from)*frame))
	}
	if one, two := level(50, 70), level(95, 115); math.Abs(one+20) > 0.01 || math.Abs(two+26) > 0.01 {
		t.Errorf("levels %.2f and %.2f dBFS, want −20 and −26", one, two)
	}
	if quiet := level(0, 50); !math.IsInf(quiet, -1) {
		t.Errorf("%.1f dBFS before the first turn, want silence", quiet)
	}

	for want, turns := range map[string][]turn{
		"starts before": {{a, -1, "early"}}, "no speech": {{a, 0, "silent"}},
	} {
		speech := tone(20, 0, 10)
		if turns[0].text == "silent" {
			speech = tone(20)
		}
		if _, _, err := layOut(dialogue{turns}, [][]float64{speech}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", turns[0].text, err)
		}
	}
}

func TestAddNoise(t *testing.T) {
	one, two := make([]float64, 10*rate), make([]float64, 10*rate)
	addNoise(one, -60)
	addNoise(two, -60)
	if !reflect.DeepEqual(one, two) {
		t.Error("noise differs from time to time")
	}
	sum := 0.0
	for _, s := range one {
		sum += s * s
	}
	if level := 10 * math.Log10(sum/float64(len(one))); math.Abs(level+60) > 0.5 {
		t.Errorf("noise at %.2f dBFS, want −60", level)
	}
}

func TestParseDialogue(t *testing.T) {
	got, err := parseDialogue("# hello\n\nvoice ann slt -20 0.9\nann -0.5  Yes,   of course.\n")
	want := dialogue{[]turn{{voice{"ann", "slt", -20, 0.9}, -0.5, "Yes, of course."}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for text, want := range map[string]string{
		"\nbob 1 Hello.":                     `dialogue.txt:2: "bob 1 Hello.": expected a voice, or a turn of a voice above`,
		"voice a slt loud 1":                 `dialogue.txt:1: "voice a slt loud 1": expected level and stretch`,
		"voice a slt -20 1\na soon I think.": `dialogue.txt:2: gap "soon": expected seconds`,
	} {
		if _, err := parseDialogue(text); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
}

// TestRun makes the recording again, where the tools for it are installed.
// Another version of flite may speak a little faster or slower, so only the
// order of the turns and the rough times are compared.
func TestRun(t *testing.T) {
	for _, tool := range []string{"flite", "flac"} {
		needs.Tool(t, tool)
	}
	dir := t.TempDir()
	if err := run(dir); err != nil {
		t.Fatal(err)
	}
	got, err := rttm.ReadFile(filepath.Join(dir, "demo.rttm"))
	if err != nil {
		t.Fatal(err)
	}
	want := demo.Reference()
	if len(got) != len(want) {
		t.Fatalf("%d segments, the embedded reference has %d", len(got), len(want))
	}
	for i, s := range got {
		if s.Speaker != want[i].Speaker || math.Abs(s.Start-want[i].Start) > 3 {
			t.Errorf("%+v, embedded %+v", s, want[i])
		}
	}
}
