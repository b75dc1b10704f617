package serve

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/internal/demo"
	"github.com/seed-7adb9000/diarizer/internal/enroll"
	"github.com/seed-7adb9000/diarizer/internal/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

// demoPackets are those of the demo recording, so many times one after the other.
func demoPackets(b *testing.B, times int) []natsaudio.Packet {
	b.Helper()
	src, err := capture.OpenReader(b.Context(), demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer src.Close()
	var x []int16
	for {
		block, err := src.Next(b.Context())
		for _, v := range block.Samples {
			x = append(x, int16(max(-1, min(1, v))*32767))
		}
		if errors.Is(err, io.EOF) {
			return packetsOf("s", slices.Repeat(x, times))
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// live plays packets to a follower and calls between after each, as an owner does.
func live(b *testing.B, cfg pipeline.Config, ps []natsaudio.Packet, between func(*follower)) *follower {
	b.Helper()
	f, err := newFollower("room", cfg, &recorder{})
	if err != nil {
		b.Fatal(err)
	}
	for i, p := range ps {
		msg, err := p.Message(natsaudio.Subject("room"))
		if err != nil {
			b.Fatal(err)
		}
		if err := f.push(b.Context(), message{number: uint64(i + 1), stored: time.Unix(0, 0), header: msg.Header, data: msg.Data}); err != nil {
			b.Fatal(err)
		}
		between(f)
	}
	return f
}

// crowd are n enrolled speakers of the default model, each somewhat like one of
// the demo's, and what they take on the heap.
func crowd(b *testing.B, m *eigenvoice.Model, n int) (all []known, heap float64) {
	b.Helper()
	var of []model.Stats
	f := live(b, pipeline.Config{Model: m}, demoPackets(b, 1), func(*follower) {})
	for _, stats := range f.stream.Speakers() {
		of = append(of, stats.Clone())
	}
	rng, scorer := rand.New(rand.NewPCG(1, 2)), m.NewScorer()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range n {
		s := enroll.Speaker{Name: fmt.Sprint("speaker ", i), Stats: of[i%len(of)].Clone()}
		for k := range s.Stats.D {
			s.Stats.D[k] *= 1 + rng.NormFloat64()/2
		}
		all = append(all, newKnown(s, scorer))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	return all, float64(after.HeapAlloc) - float64(before.HeapAlloc)
}

// BenchmarkRecognize is what it costs a live stream of four speakers to compare
// them with 1,000 enrolled ones, of whom nobody turns out to be one: per
// comparison of one speaker with all, and as a share of a core in the first 70 s
// of a meeting, when speakers have soon said half as much again, and over the
// first twelve minutes.
func BenchmarkRecognize(b *testing.B) {
	m, err := modelfile.Eigenvoices()
	if err != nil {
		b.Fatal(err)
	}
	all, heap := crowd(b, m, 1000)
	for _, times := range []int{1, 10} {
		ps := demoPackets(b, times)
		length := capture.Duration(ps[len(ps)-1].Position)
		b.Run(length.Round(time.Second).String(), func(b *testing.B) {
			var took time.Duration
			compared := 0
			for range b.N {
				r := recognition{}
				live(b, pipeline.Config{Model: m}, ps, func(f *follower) {
					was := maps.Clone(r.heard)
					began := time.Now()
					r.look(f, func() []known { return all }, func(identity) bool { return true })
					took += time.Since(began)
					for speaker, n := range r.heard {
						if n != was[speaker] {
							compared++
						}
					}
				})
			}
			if compared == 0 {
				b.Fatal("nobody was compared")
			}
			b.ReportMetric(took.Seconds()*1e3/float64(compared), "ms/comparison")
			b.ReportMetric(float64(compared)/float64(b.N), "comparisons")
			b.ReportMetric(100*took.Seconds()/(length.Seconds()*float64(b.N)), "%core")
			b.ReportMetric(heap/1e6, "MB")
		})
	}
}
