package mp3

import (
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture/internal/pcmtest"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// TestOneAfterTheOther: recordings in one file are read one after the other, each as
// it would be alone, also where the rate, the channels or the kind of MPEG change.
func TestOneAfterTheOther(t *testing.T) {
	type kind struct {
		rate, channels int
		args           []string
	}
	tagged := []string{"-b:a", "64k"}
	plain := []string{"-b:a", "64k", "-write_xing", "0"}
	for name, kinds := range map[string][]kind{
		"the same":           {{44100, 1, tagged}, {44100, 1, tagged}},
		"another rate":       {{44100, 1, tagged}, {48000, 1, tagged}, {44100, 1, tagged}},
		"more channels":      {{44100, 1, tagged}, {44100, 2, tagged}, {44100, 1, tagged}},
		"another version":    {{48000, 2, tagged}, {24000, 1, tagged}},
		"without a header":   {{44100, 1, plain}, {48000, 2, plain}, {16000, 1, plain}},
		"one header of them": {{44100, 1, tagged}, {32000, 1, plain}},
	} {
		var file []byte
		var want [][]float32
		var formats []pcm.Format
		for _, k := range kinds {
			one := encode(t, k.rate, k.channels, voice(k.rate, k.channels*k.rate/2), k.args...)
			r := open(t, one)
			x, err := pcmtest.ReadAll(r, 1000)
			if err != nil || r.Warning() != nil {
				t.Fatal(err, r.Warning())
			}
			file, want, formats = append(file, one...), append(want, x), append(formats, r.Format())
		}
		r := open(t, file)
		got := make([][]float32, 1)
		at, same := r.Format(), 0
		buf := make([]float32, 2000)
		var err error
		for {
			var n int
			if n, err = r.Read(buf); err != nil {
				break
			}
			f := r.Format()
			if f.Rate != at.Rate || f.Channels != at.Channels || name == "the same" && len(got[same]) == len(want[0]) && same == 0 {
				got, at, same = append(got, nil), f, same+1
			}
			got[len(got)-1] = append(got[len(got)-1], buf[:n*f.Channels]...)
		}
		if err != io.EOF || r.Warning() != nil || len(got) != len(want) {
			t.Errorf("%s: %d recordings of %d, %v, %v", name, len(got), len(want), err, r.Warning())
			continue
		}
		for i := range want {
			if !slices.Equal(got[i], want[i]) {
				t.Errorf("%s, recording %d of %d, %v: %d samples, want %d, %.1f dB", name, i+1, len(want), formats[i], len(got[i]), len(want[i]), pcmtest.SNR(got[i], want[i]))
			}
		}
	}
}

// TestCutOffBeforeAnother: a warning says that the first recording is cut off, and the second one is read.
func TestCutOffBeforeAnother(t *testing.T) {
	a, b := encode(t, 44100, 1, voice(44100, 44100)), encode(t, 48000, 2, voice(48000, 48000))
	r := open(t, slices.Concat(a[:len(a)/2], b))
	buf := make([]float32, 2000)
	seconds := 0.
	var err error
	for err == nil {
		var n int
		n, err = r.Read(buf)
		seconds += float64(n) / float64(r.Format().Rate)
	}
	if err != io.EOF || seconds < .95 || seconds > 1.05 || !errors.Is(r.Warning(), pcm.ErrTruncated) {
		t.Errorf("%.2f s of 1, %v, %v", seconds, err, r.Warning())
	}
}
