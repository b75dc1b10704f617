package pipeline

import (
	"testing"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/simd"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/embedding"
)

// BenchmarkStream diarizes the demo, 87 % of which is speech, on one core: with the
// light model, and with the network on each path of the kernels. x-real-time is
// seconds of sound for each second.
func BenchmarkStream(b *testing.B) {
	models := []struct {
		name string
		m    model.Model
	}{{"light", embedded(b, modelfile.Light)}}
	accurate := embedded(b, modelfile.Accurate).(*embedding.Model)
	for _, path := range simd.Paths() {
		m := accurate.Copy()
		net, err := modelfile.NetworkOn(path)
		if err != nil {
			b.Fatal(err)
		}
		m.Net = net
		models = append(models, struct {
			name string
			m    model.Model
		}{"accurate/" + path.String(), m})
	}
	x := talk(b, 70)
	for _, c := range models {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s, err := NewStream(Config{Model: c.m})
				if err != nil {
					b.Fatal(err)
				}
				for at := 0; at < len(x); at += 1600 {
					s.Push(x[at:min(at+1600, len(x))], func(online.Event) {})
				}
				if err := s.Flush(func(online.Event) {}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*float64(len(x))/capture.Rate/b.Elapsed().Seconds(), "x-real-time")
		})
	}
}
