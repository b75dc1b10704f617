package table

import (
	"math"
	"slices"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/metrics"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/testkit/raced"
)

func TestOneDeviceIsAsItCame(t *testing.T) {
	table := New(nil)
	d, err := table.Join()
	if err != nil {
		t.Fatal(err)
	}
	in := []capture.Block{{Start: 7, Samples: make([]float32, 3)}, {Start: 10, Samples: make([]float32, 1)}, {Start: 1 << 40, Samples: make([]float32, 9)}}
	for _, b := range in {
		table.Push(d, b)
	}
	if got := table.Ahead(d); got != 13 {
		t.Errorf("%d samples wait", got)
	}
	for _, want := range in {
		if b, ok := table.Next(); !ok || b.Start != want.Start || &b.Samples[0] != &want.Samples[0] {
			t.Errorf("%v, %v", b, ok)
		}
	}
	table.End(d)
	if _, ok := table.Next(); ok || !table.Over() {
		t.Error("it goes on")
	}
}

// One device hears best all the time. Whatever the levels, delays, noises and clocks of the
// others, the table's sound is that device's, to the sample.
func TestTheClearestDeviceIsHeard(t *testing.T) {
	all := sound(t)[:24*capture.Rate]
	for name, c := range map[string][]microphone{
		"the same":        {{gain: 1}, {gain: 1}},
		"far away":        {{gain: 1, noise: 0.0003}, {gain: 0.2, noise: 0.002, delay: 200}},
		"louder":          {{gain: 0.1, noise: 0.0001}, {gain: 1, noise: 0.01, delay: 300, late: 3000}},
		"clocks":          {{gain: 1, noise: 0.0005}, {gain: 0.5, noise: 0.001, drift: -1e-4, delay: 100}},
		"three of a kind": {{gain: 1, noise: 0.0005}, {gain: 0.5, noise: 0.0005, delay: 160}, {gain: 0.3, noise: 0.0002, delay: 90, joins: 2}},
	} {
		if raced.Enabled && name != "clocks" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			blocks, said := play(t, all, c)
			want := c[0].hears(all, 0)
			end := int64(0)
			for _, b := range blocks {
				if b.Start != end || !slices.Equal(b.Samples, want[b.Start:b.End()]) {
					t.Fatalf("the sound at %d, after %d, is another", b.Start, end)
				}
				end = b.End()
			}
			if end < int64(len(want)) || len(said) > 0 {
				t.Errorf("heard %d of %d samples, said %q", end, len(want), said)
			}
		})
	}
}

// turns is who speaks near which of two devices in the same room.
func turns(first bool) func(second float64) float64 {
	return func(s float64) float64 {
		if (int(s/3)%2 == 0) == first {
			return 1
		}
		return 0.1
	}
}

var changing = map[string][]microphone{
	"near one":   {{gain: 0.2, noise: 0.001, delay: 200}, {gain: 1, noise: 0.0003, late: 4000}},
	"either end": {{gain: 1, noise: 0.0003, near: turns(true)}, {gain: 0.3, noise: 0.0001, delay: 160, near: turns(false), late: 6000}},
	"clocks":     {{gain: 1, noise: 0.0003, drift: 1e-4, near: turns(true)}, {gain: 0.5, noise: 0.0002, drift: -1e-4, delay: 100, near: turns(false)}},
	"in a hall":  {{gain: 1, noise: 0.0005, hall: 1, near: turns(true)}, {gain: 0.5, noise: 0.0005, hall: 1, delay: 120, near: turns(false)}},
	"joins late": {{gain: 0.5, noise: 0.0005}, {gain: 1, noise: 0.0003, joins: 7.3, late: 3000}},
	"slow":       {{gain: 1, noise: 0.0003, leaves: 22.7}, {gain: 1, noise: 0.0005, late: 25000}},
	"one leaves": {{gain: 1, noise: 0.0003, leaves: 22.7}, {gain: 0.4, noise: 0.0005, delay: 150, late: 2000}},
	"takes over": {{gain: 1, noise: 0.0003, leaves: 25}, {gain: 0.6, noise: 0.0004, joins: 10, late: 9000}, {gain: 1, noise: 0.0005, joins: 20, delay: 50}},
}

// Devices are chosen in turn. Everything is heard once and in its place: the distance from
// the recording stays the same to within some milliseconds. Each voice is one speaker,
// whichever device hears it: the turns are those of the recording.
func TestEverybodyIsHeardOnce(t *testing.T) {
	all := sound(t)[:40*capture.Rate]
	m, _, err := modelfile.Embedded(modelfile.Light)
	if err != nil {
		t.Fatal(err)
	}
	turnsOf := func(t *testing.T, blocks []capture.Block) []rttm.Segment {
		tl, err := session.Run(t.Context(), &source{blocks}, session.Options{Stream: "table", Pipeline: pipeline.Config{Model: m}})
		if err != nil {
			t.Fatal(err)
		}
		return tl.Segments()
	}
	want := turnsOf(t, []capture.Block{{Samples: slices.Clone(all)}})
	for name, c := range changing {
		if raced.Enabled && name != "joins late" && name != "one leaves" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			blocks, said := play(t, all, c)
			heard := make([]float32, len(all)+capture.Rate)
			end := int64(0)
			for _, b := range blocks {
				if b.Start != end {
					t.Errorf("a gap at %d until %d", end, b.Start)
				}
				end = b.End()
				copy(heard[b.Start:], b.Samples)
			}
			if len(said) > 0 {
				t.Errorf("said %q", said)
			}
			var offsets []int
			for at := 8 * capture.Rate; at+capture.Rate < len(all); at += 2 * capture.Rate {
				if o, ok := offset(heard, all[at:at+capture.Rate/2], at); ok {
					offsets = append(offsets, o)
				}
			}
			if len(offsets) < 10 {
				t.Fatalf("compared at %d places", len(offsets))
			}
			most, wrong := 160, 8.0
			if name == "in a hall" { // reverberation changes the sound, and comes later
				most, wrong = 320, 15
			}
			if apart := slices.Max(offsets) - slices.Min(offsets); apart > most {
				t.Errorf("%v", offsets)
			}
			score, _, err := metrics.Compare(want, turnsOf(t, blocks), metrics.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%v samples apart; %d of %d speakers, DER %.1f %%: %.1f missed, %.1f false alarm, %.1f confused", offsets,
				score.HypSpeakers, score.RefSpeakers, score.DER(), score.MissRate(), score.FalseAlarmRate(), score.ConfusionRate())
			if score.HypSpeakers != score.RefSpeakers || score.DER() > wrong {
				t.Errorf("%d speakers, DER %.1f %%", score.HypSpeakers, score.DER())
			}
		})
	}
}

// offset is by how many samples the sound comes after the recording. ok is false if that
// cannot be known, as for silence.
func offset(heard, want []float32, at int) (samples int, ok bool) {
	energy := func(x []float32) (sum float64) {
		for _, v := range x {
			sum += float64(v) * float64(v)
		}
		return sum
	}
	e := energy(want)
	if e < 0.001*float64(len(want)) {
		return 0, false
	}
	best := 0.0
	for lag := -800; lag <= 800; lag++ {
		part := heard[at+lag : at+lag+len(want)]
		dot := 0.0
		for i := 0; i < len(want); i += 4 { // a quarter of the samples is enough
			dot += float64(part[i]) * float64(want[i])
		}
		if r := 4 * dot / math.Sqrt(e*energy(part)+1e-9); r > best {
			best, samples = r, lag
		}
	}
	return samples, best > 0.4
}

// A device goes on alone after the other one has stopped. It ends before its shift was found and
// before its sound was asked for. All of its sound is heard.
func TestTheLastOneIsHeard(t *testing.T) {
	all := sound(t)[:20*capture.Rate]
	table := New(nil)
	first, _ := table.Join()
	second, err := table.Join()
	if err != nil {
		t.Fatal(err)
	}
	const stops = 4 * capture.Rate
	for at := 0; at < len(all); at += packet {
		b := capture.Block{Start: int64(at), Samples: all[at:min(len(all), at+packet)]}
		if at < stops {
			table.Push(first, b)
		}
		table.Push(second, b)
	}
	table.End(first)
	table.End(second)
	heard := 0
	for b, ok := table.Next(); ok; b, ok = table.Next() {
		heard += len(b.Samples)
	}
	if heard < len(all)-packet || !table.Over() {
		t.Errorf("%d samples of %d were heard", heard, len(all))
	}
}
