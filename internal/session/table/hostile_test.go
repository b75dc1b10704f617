package table

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/capture"
)

// Devices send anything, and come and go at any time. The table's time never goes back,
// what it keeps is bounded, no device keeps the others waiting for ever, and the table
// comes to an end.
func TestWhateverDevicesSend(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := New(func(*Device, string) {})
		var devices []*Device
		end := int64(0)
		drain := func() {
			for {
				b, ok := table.Next()
				if !ok {
					return
				}
				if b.Start < end || len(b.Samples) == 0 {
					t.Fatalf("a block of %d at %d after %d", len(b.Samples), b.Start, end)
				}
				end = b.End()
			}
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			what := rapid.IntRange(0, 9).Draw(t, "what")
			if len(devices) == 0 || what == 0 {
				d, err := table.Join()
				if err != nil {
					if len(table.devices) != Most {
						t.Fatal(err)
					}
					continue
				}
				devices = append(devices, d)
				continue
			}
			d := devices[rapid.IntRange(0, len(devices)-1).Draw(t, "device")]
			switch {
			case what == 1:
				table.End(d)
			case what == 2:
				table.Wait(Patience / 2)
			case table.Ahead(d) < Held:
				b := capture.Block{Start: d.end, Samples: noise(rapid.SampledFrom([]int{1, 159, 960, capture.Rate}).Draw(t, "samples"))}
				if what == 3 {
					b.Start += rapid.SampledFrom([]int64{1, 400, capture.Rate, 3 * capture.Rate, 3600 * capture.Rate, 1 << 40}).Draw(t, "gap")
				}
				b.Start = min(b.Start, capture.MaxPosition)
				table.Push(d, b)
			}
			if what > 4 {
				drain()
			}
			for _, d := range table.devices {
				held := 0
				for _, b := range d.blocks {
					held += len(b.Samples)
				}
				if most := Held + history + 2*capture.Rate; held > most || len(d.view.frames) > keep+keep/4+most/160 {
					t.Fatalf("%d samples and %d frames are kept", held, len(d.view.frames))
				}
			}
		}
		for _, d := range devices {
			table.End(d)
		}
		drain()
		if !table.Over() {
			t.Fatal("it is not over")
		}
	})
}

func noise(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = 0.1 * (rand.Float32() - 0.5)
	}
	return x
}

// The others wait a second for a device that has stalled, and go on without it. It is heard
// again when it has caught up.
func TestStalledDevice(t *testing.T) {
	all := sound(t)[:40*capture.Rate]
	var said []string
	table := New(func(_ *Device, text string) { said = append(said, text) })
	a, _ := table.Join()
	b, _ := table.Join()
	push := func(d *Device, to int) {
		for at := int(d.end); at < to; at += packet {
			table.Push(d, capture.Block{Start: int64(at), Samples: slices.Clone(all[at : at+packet])})
		}
	}
	got := int64(0)
	drain := func() {
		for {
			block, ok := table.Next()
			if !ok {
				return
			}
			if block.Start != got {
				t.Fatalf("a gap at %d until %d", got, block.Start)
			}
			got = block.End()
		}
	}
	for at := packet; at < 12*capture.Rate; at += packet {
		push(a, at)
		push(b, at)
		drain()
	}
	if !b.found {
		t.Fatal("the second device was not found")
	}
	// The chosen device falls silent.
	stalled := got
	push(b, 14*capture.Rate)
	drain()
	if got > stalled+ahead {
		t.Errorf("heard up to %d without it", got)
	}
	table.Wait(Patience / 2)
	drain()
	if got > stalled+ahead {
		t.Errorf("heard up to %d without it", got)
	}
	table.Wait(Patience/2 + time.Millisecond)
	drain()
	if got < 13*capture.Rate {
		t.Errorf("heard up to %d, %d are there", got, b.end)
	}
	push(b, 20*capture.Rate)
	drain()
	if got < 19*capture.Rate {
		t.Errorf("heard up to %d, %d are there", got, b.end)
	}
	push(a, 21*capture.Rate)
	push(b, 21*capture.Rate)
	drain()
	if a.away || got < 20*capture.Rate {
		t.Errorf("away: %v, heard up to %d", a.away, got)
	}
	if len(said) != 1 || !strings.Contains(said[0], "too late") {
		t.Errorf("said %q", said)
	}
}

// When all devices slept, the sound has a gap as long as the sleep, and the devices are
// aligned again afterwards. A device that claims to have slept while the others heard on
// has not slept.
func TestSleep(t *testing.T) {
	all := sound(t)[:40*capture.Rate]
	for name, c := range map[string]struct{ one, two, gap int }{
		"both":     {5, 5, 5},
		"one":      {5, 0, 0},
		"an hour":  {3600, 0, 0},
		"each its": {5, 6, 6},
	} {
		t.Run(name, func(t *testing.T) {
			table := New(func(*Device, string) {})
			a, _ := table.Join()
			b, _ := table.Join()
			end, gap := int64(0), int64(0)
			for at := 0; at+packet < len(all); at += packet {
				one, two := int64(at), int64(at)
				if at >= 15*capture.Rate {
					one, two = one+int64(c.one)*capture.Rate, two+int64(c.two)*capture.Rate
				}
				if at >= 15*capture.Rate && at < 15*capture.Rate+packet {
					for range 50 * min(c.one, c.two) {
						table.Wait(20 * time.Millisecond)
					}
				}
				table.Push(a, capture.Block{Start: one, Samples: slices.Clone(all[at : at+packet])})
				table.Push(b, capture.Block{Start: two, Samples: slices.Clone(all[at : at+packet])})
				for {
					block, ok := table.Next()
					if !ok {
						break
					}
					gap += block.Start - end
					end = block.End()
				}
			}
			if d := gap - int64(c.gap)*capture.Rate; abs(d) > capture.Rate/10 {
				t.Errorf("gaps of %.2f s", float64(gap)/capture.Rate)
			}
			if apart := a.until() - b.until(); !a.found || !b.found || abs(apart) > 160 {
				t.Errorf("found: %v, %v, %d samples apart", a.found, b.found, apart)
			}
		})
	}
}

// A device in another room is left out and told so. When the others leave, the sound goes
// on with that device.
func TestAnotherRoom(t *testing.T) {
	all := sound(t)
	here, there := all[:40*capture.Rate], slices.Concat(all[30*capture.Rate:], all[:25*capture.Rate])
	var said []string
	table := New(func(_ *Device, text string) { said = append(said, text) })
	a, _ := table.Join()
	b, _ := table.Join()
	heard := make([]float32, 0, len(there))
	for at := 0; at+packet < len(there); at += packet {
		if at+packet < len(here) {
			table.Push(a, capture.Block{Start: int64(at), Samples: slices.Clone(here[at : at+packet])})
		} else {
			table.End(a)
		}
		table.Push(b, capture.Block{Start: int64(at), Samples: slices.Clone(there[at : at+packet])})
		for {
			block, ok := table.Next()
			if !ok {
				break
			}
			heard = append(heard, block.Samples...)
		}
	}
	if b.shift != 0 {
		t.Errorf("it was laid elsewhere, by %d", b.shift)
	}
	mark := len(here) / packet * packet
	if !slices.Equal(heard[:mark-packet], here[:mark-packet]) || !slices.Equal(heard[mark:], there[mark:len(heard)]) {
		t.Error("something else was heard")
	}
	if len(said) != 1 || !strings.Contains(said[0], "left out") {
		t.Errorf("said %q", said)
	}
}

func BenchmarkTwoDevices(b *testing.B) {
	all := sound(b)[:20*capture.Rate]
	b.ReportAllocs()
	for b.Loop() {
		play(b, all, []microphone{{gain: 1, noise: 0.001}, {gain: 0.5, noise: 0.001, delay: 100}})
	}
	b.ReportMetric(20*float64(b.N)/b.Elapsed().Seconds(), "×realtime")
}
