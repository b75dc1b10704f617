package serve

import (
	"encoding/json"
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
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/voices/identify"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

// demoPackets are the packets of the demo recording, repeated times times.
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
func live(b testing.TB, cfg pipeline.Config, ps []natsaudio.Packet, between func(*follower)) *follower {
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

// crowd are n enrolled speakers of the default model, each similar to a speaker of the demo. heap is
// their size in bytes.
func crowd(b *testing.B, m *eigenvoice.Model, n int) (all people, heap float64) {
	b.Helper()
	var of []model.Stats
	f := live(b, pipeline.Config{Model: m}, demoPackets(b, 1), func(*follower) {})
	for _, stats := range f.stream.Speakers() {
		of = append(of, stats.Clone())
	}
	rng, comparer := rand.New(rand.NewPCG(1, 2)), identify.NewComparer(m, identify.RuleOf(m))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	all.version = 1
	for i := range n {
		s := of[i%len(of)].Clone()
		for k := range s.D {
			s.D[k] *= 1 + rng.NormFloat64()/2
		}
		all.names, all.voices = append(all.names, fmt.Sprint("speaker ", i)), append(all.voices, comparer.Know(s))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	return all, float64(after.HeapAlloc) - float64(before.HeapAlloc)
}

// BenchmarkRecognize measures the cost for a live stream of four speakers to compare them with 1,000
// enrolled ones, none of whom is in the stream. It reports the time of the comparison of one speaker
// with all, and the share of a core over the first 70 s of a meeting, when speech grows quickly and
// comparisons are frequent, and over the first twelve minutes.
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
				r := recognition{rule: identify.RuleOf(m)}
				live(b, pipeline.Config{Model: m}, ps, func(f *follower) {
					was := frames(&r)
					began := time.Now()
					r.look(f, func() people { return all }, func(identity) bool { return true })
					took += time.Since(began)
					for speaker, n := range frames(&r) {
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

// frames is how much each speaker had said at the last comparison.
func frames(r *recognition) map[int]float64 {
	all := map[int]float64{}
	for n, c := range r.speakers {
		all[n] = c.frames
	}
	return all
}

// TestNamesAreRevised has a stream whose speakers sound like one enrolled person and later like
// another, and holds the names that listeners are told.
func TestNamesAreRevised(t *testing.T) {
	m := anyModel()
	f := live(t, pipeline.Config{Model: m, Online: online.Config{Limits: online.Limits{Min: 2}}}, packetsOf("s", speech(1, 14)), func(*follower) {})
	said := persons(f)
	numbers := slices.Sorted(maps.Keys(said))
	if len(numbers) < 2 {
		t.Fatalf("%d speakers, expected several", len(numbers))
	}
	first, second := numbers[0], numbers[1]
	r := recognition{people: people{version: 1, names: []string{"Ada", "Bo"}}, speakers: map[int]*compared{},
		comparer: identify.NewComparer(m, identify.RuleOf(m))}
	for _, step := range []struct {
		first, second []float64 // log odds of being Ada and Bo
		want          []string  // what is told, in order
	}{
		{[]float64{2, -20}, []float64{-20, -20}, nil},                      // hardly
		{[]float64{9, -20}, []float64{-20, -20}, []string{"1 Ada"}},        // surely
		{[]float64{9, -20}, []float64{7, -20}, nil},                        // less surely, but nobody else
		{[]float64{9, -20}, []float64{11.9, -20}, []string{"1 ", "2 Ada"}}, // she is the other one
		{[]float64{9, 11}, []float64{11.9, -20}, []string{"1 Bo"}},
		{[]float64{11, -20}, []float64{-20, 11}, []string{"1 ", "2 ", "1 Ada", "2 Bo"}}, // the other way round
		{[]float64{-20, 11}, []float64{11, -20}, []string{"1 ", "2 ", "1 Bo", "2 Ada"}}, // and this is Bo
		{[]float64{-20, -20}, []float64{-20, 11.9}, []string{"1 ", "2 Bo"}},             // or rather the other one is
		{[]float64{-20, -20}, []float64{-20, -20}, []string{"2 "}},                      // nobody is here
	} {
		r.next = 0
		for _, n := range numbers {
			if r.speakers[n] == nil {
				r.speakers[n] = &compared{}
			}
			r.speakers[n].frames, r.speakers[n].odds = said[n].N, []float64{-20, -20}
		}
		r.speakers[first].odds, r.speakers[second].odds = step.first, step.second
		var told []string
		r.look(f, func() people { return r.people }, func(id identity) bool {
			label := map[int]string{first: "1 ", second: "2 "}[id.Speaker]
			told = append(told, label+id.Name)
			data, err := json.Marshal(id)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.noted(t.Context(), noteIdentity, message{data: data}); err != nil {
				t.Fatal(err)
			}
			if a, b := f.desk.Found(first), f.desk.Found(second); a != "" && a == b {
				t.Errorf("two speakers are %s", a)
			}
			if got := f.desk.Found(id.Speaker); got != id.Name {
				t.Errorf("noted %q, but the speaker is called %q", id.Name, got)
			}
			return true
		})
		if !slices.Equal(told, step.want) {
			t.Errorf("odds %v and %v: told %q, expected %q", step.first, step.second, told, step.want)
		}
		if a, b := f.desk.Found(first), f.desk.Found(second); a != "" && a == b {
			t.Errorf("two speakers are %s", a)
		}
	}
}

// TestWhoIsGoneIsForgotten: odds are kept only for the speakers that the clustering has at the
// moment.
func TestWhoIsGoneIsForgotten(t *testing.T) {
	m := anyModel()
	f := live(t, pipeline.Config{Model: m}, packetsOf("s", speech(1, 14)), func(*follower) {})
	said := persons(f)
	r := recognition{comparer: identify.NewComparer(m, identify.RuleOf(m)), speakers: map[int]*compared{}}
	var known []identify.Known
	for _, stats := range said {
		known = append(known, r.comparer.Know(stats))
	}
	for n := range 5000 {
		r.speakers[n] = &compared{frames: 1000, odds: make([]float64, len(known))}
	}
	r.compare(f, people{version: 1, names: make([]string, len(known)), voices: known})
	if len(said) == 0 || len(r.speakers) != len(said) {
		t.Errorf("%d speakers are kept of %d", len(r.speakers), len(said))
	}
	for n, c := range r.speakers {
		if _, ok := said[n]; !ok || len(c.odds) != len(known) {
			t.Errorf("speaker %d is kept with %d odds, expected %d", n, len(c.odds), len(known))
		}
	}
}
