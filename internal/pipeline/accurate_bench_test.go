package pipeline

import (
	"testing"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/network/simd"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/embedding"
)

// BenchmarkStream diarizes the demo, 87 % of which is speech, on one core: with the
// light model, and with the networks on each path of the kernels, on plain Go its
// first 20 s. x-real-time is seconds of sound for each second.
func BenchmarkStream(b *testing.B) {
	type load struct {
		name string
		m    model.Model
		x    []float32
	}
	x := talk(b, 70)
	loads := []load{{"light", embedded(b, modelfile.Light), x}}
	accurate := embedded(b, modelfile.Accurate).(*embedding.Model)
	for _, path := range simd.Paths() {
		m := accurate.Copy()
		var err error
		if m.Net, err = modelfile.NetworkOn(path); err != nil {
			b.Fatal(err)
		}
		if m.Tracking, err = modelfile.TrackingOn(path); err != nil {
			b.Fatal(err)
		}
		l := load{"accurate/" + path.String(), m, x}
		if path == simd.Portable {
			l.x = x[:20*capture.Rate]
		}
		loads = append(loads, l)
	}
	for _, l := range loads {
		b.Run(l.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s, err := NewStream(Config{Model: l.m})
				if err != nil {
					b.Fatal(err)
				}
				for at := 0; at < len(l.x); at += 1600 {
					s.Push(l.x[at:min(at+1600, len(l.x))], func(online.Event) {})
				}
				if err := s.Flush(func(online.Event) {}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*float64(len(l.x))/capture.Rate/b.Elapsed().Seconds(), "x-real-time")
		})
	}
}
