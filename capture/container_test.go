package capture

import (
	"bytes"
	"context"
	"math"
	"os"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture/internal/sound"
)

// bursts is a recording at 48 kHz with a tone from 0.5 to 1 s and from 2 to 3 s.
func bursts() []byte {
	s := sound.Sine(48000, 440, 3*48000)
	clear(s[:24000])
	clear(s[48000:96000])
	return sound.WAV{Rate: 48000, Data: sound.S16(s...)}.Bytes()
}

// onsets are the times in seconds at which a tone begins.
func onsets(samples []float32) (at []float64) {
	last := -Rate
	for i, x := range samples {
		if math.Abs(float64(x)) < .1 {
			continue
		}
		if i > last+Rate/10 {
			at = append(at, float64(i)/Rate)
		}
		last = i
	}
	return at
}

// TestContainerTime: time without sound in a container, before the sound or in it, is a gap, so that all sound
// has its time in the file.
func TestContainerTime(t *testing.T) {
	const (
		hole = "asetpts=PTS+if(gte(T\\,1.5)\\,20/TB\\,0)"
		late = "asetpts=PTS+7/TB"
		both = "asetpts=PTS+if(gte(T\\,1.5)\\,20/TB\\,0)+7/TB"
	)
	for _, c := range []struct {
		name, codec, filter string
		want                [2]float64
		pipe                bool
	}{
		{"a.webm", "libopus", hole, [2]float64{.5, 22}, true},
		{"b.mkv", "aac", hole, [2]float64{.5, 22}, true},
		{"c.mka", "pcm_s16le", hole, [2]float64{.5, 22}, true},
		{"d.mp4", "aac", hole, [2]float64{.5, 22}, false},
		{"e.mov", "aac", hole, [2]float64{.5, 22}, false},
		{"f.m4a", "alac", hole, [2]float64{.5, 22}, false},
		{"g.ogg", "libvorbis", hole, [2]float64{.5, 22}, true},
		{"h.opus", "libopus", hole, [2]float64{.5, 22}, true},
		{"i.ts", "mp2", hole, [2]float64{.5, 22}, true},
		{"j.flv", "aac", hole, [2]float64{.5, 22}, true},
		{"k.wma", "wmav2", hole, [2]float64{.5, 22}, true},
		{"l.webm", "libopus", late, [2]float64{7.5, 9}, true},
		{"m.mp4", "aac", late, [2]float64{7.5, 9}, false},
		{"n.mov", "pcm_s16le", late, [2]float64{7.5, 9}, false},
		{"o.mkv", "flac", late, [2]float64{7.5, 9}, true},
		{"p.ogg", "libvorbis", late, [2]float64{7.5, 9}, true},
		{"q.opus", "libopus", late, [2]float64{7.5, 9}, true},
		{"r.mp4", "aac", both, [2]float64{7.5, 29}, false},
		{"s.opus", "libopus", both, [2]float64{7.5, 29}, true},
		// A part of a broadcast begins at any time.
		{"t.ts", "mp2", late, [2]float64{.5, 2}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := encode(t, bursts(), c.name, "-af", c.filter, "-c:a", c.codec)
			check := func(rec *Recording, err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
				got, err := drain(t, rec)
				at := onsets(got)
				if err != nil || rec.Warning() != nil || len(at) != 2 || math.Abs(at[0]-c.want[0]) > .06 || math.Abs(at[1]-c.want[1]) > .06 {
					t.Errorf("%v: tones at %.3f, want %.1f, %v, %v", rec.Format(), at, c.want, err, rec.Warning())
				}
			}
			check(Open(context.Background(), path, Options{}))
			if !c.pipe {
				return
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			check(OpenReader(context.Background(), bytes.NewReader(b), "pipe", Options{}))
		})
	}
}
