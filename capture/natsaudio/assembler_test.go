package natsaudio

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/resample"
)

// cut makes packets of n samples of seeded noise and returns what is in them,
// mixed to one channel, as an exact reader would hear it at their rate.
func cut(r *rand.Rand, session string, rate, ch, n int, longest int) (all []Packet, mono []float32) {
	for at := 0; at < n; {
		k := min(n-at, 1+r.IntN(longest))
		var frames []float32
		for range k {
			sum := float32(0)
			for range ch {
				x := float32(r.IntN(1<<15)-1<<14) / (1 << 15)
				frames = append(frames, x)
				sum += x
			}
			mono = append(mono, sum/float32(ch))
		}
		all = append(all, Packet{
			Session: session, Seq: uint64(len(all) + 1), Position: int64(at), Encoding: S16,
			Rate: rate, Channels: ch, Samples: k, Data: AppendS16(nil, frames),
		})
		at += k
	}
	return append(all, Packet{
		Session: session, Seq: uint64(len(all) + 1), Position: int64(n), Encoding: S16, Rate: rate, Channels: ch, End: true,
	}), mono
}

// heard is the output of an Assembler.
type heard struct {
	samples map[int64]float32
	blocks  []capture.Block
	end     int64
}

func (h *heard) add(t rapid.TB, b capture.Block) {
	t.Helper()
	if len(b.Samples) == 0 || b.Start < h.end {
		t.Fatalf("block of %d at %d after %d", len(b.Samples), b.Start, h.end)
	}
	for i, x := range b.Samples {
		h.samples[b.Start+int64(i)] = x
	}
	h.end = b.End()
	h.blocks = append(h.blocks, b)
}

func assemble(t rapid.TB, opts Options, packets []Packet) (*heard, *Assembler) {
	t.Helper()
	a, err := NewAssembler(opts)
	if err != nil {
		t.Fatal(err)
	}
	h := &heard{samples: map[int64]float32{}}
	for _, p := range packets {
		if _, err := a.Push(p, func(b capture.Block) { h.add(t, b) }); err != nil {
			t.Fatal(err)
		}
		if n := len(a.order.held); n > WindowPackets {
			t.Fatalf("%d packets held", n)
		}
	}
	a.Finish(func(b capture.Block) { h.add(t, b) })
	return h, a
}

func convert(t rapid.TB, rate int, mono []float32) []float32 {
	t.Helper()
	rs, err := resample.New(rate, capture.Rate)
	if err != nil {
		t.Fatal(err)
	}
	return rs.Flush(rs.Push(nil, mono))
}

// TestWhole: packets of any size, repeated at will and out of order within the
// window, give the sound that was cut up.
func TestWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		rate := rapid.SampledFrom([]int{8000, 16000, 44100, 48000}).Draw(t, "rate")
		packets, mono := cut(r, "a", rate, 1+r.IntN(3), r.IntN(rate)+1, rate/25)
		want := convert(t, rate, mono)
		for i := range packets { // a shuffle within ten packets
			j := min(len(packets)-1, i+r.IntN(10))
			packets[i], packets[j] = packets[j], packets[i]
		}
		// Repetitions come anywhere behind the original.
		for range r.IntN(10) {
			i := r.IntN(len(packets))
			packets = slices.Insert(packets, i+r.IntN(len(packets)-i)+1, packets[i])
		}
		got, a := assemble(t, Options{}, packets)
		if got.end != int64(len(want)) || len(got.samples) != len(want) {
			t.Fatalf("%d samples up to %d, want %d; %+v", len(got.samples), got.end, len(want), a.Stats())
		}
		for i, x := range want {
			if got.samples[int64(i)] != max(-1, min(1, x)) {
				t.Fatalf("sample %d: %g, want %g", i, got.samples[int64(i)], x)
			}
		}
	})
}

// TestLossIsAGap: lost sound is a gap of the right place and length, and nothing else moves, with any number of losses.
func TestLossIsAGap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		rate := rapid.SampledFrom([]int{8000, 11025, 16000, 44100, 48000, 44101}).Draw(t, "rate")
		packets, mono := cut(r, "a", rate, 1+r.IntN(2), rate*2, rate/10)
		want := convert(t, rate, mono)
		output := func(at int64) int64 { return (at*capture.Rate + int64(rate) - 1) / int64(rate) }
		var kept []Packet
		lost := uint64(0)
		harmed := make([]int, len(want)+1) // how many samples before one have lost sound, which may be less than a sample
		for i, p := range packets {
			if i < len(packets)-1 && r.IntN(4) == 0 {
				lost++
				first := min(output(p.Position), int64(len(want)-1)) // the filter hears what lies behind the last sample
				for at := first; at < min(max(output(p.after()), first+1), int64(len(want))); at++ {
					harmed[at+1] = 1
				}
				continue
			}
			kept = append(kept, p)
		}
		if len(kept) == 1 {
			t.Skip("all lost")
		}
		got, a := assemble(t, Options{}, kept)
		if st := a.Stats(); st.Lost != lost || st.Packets != uint64(len(kept)-1) {
			t.Fatalf("%+v, want %d lost of %d", st, lost, len(packets))
		}
		if got.end != int64(len(want)) {
			t.Fatalf("ends at %d, want %d", got.end, len(want))
		}
		margin := 0 // around a gap the filter hears silence
		if rate != capture.Rate {
			margin = 200
		}
		there := make([]bool, len(want))
		for _, p := range kept {
			for i := output(p.Position); i < output(p.after()); i++ {
				there[i] = true
			}
		}
		for i := range want {
			harmed[i+1] += harmed[i]
		}
		for i := range want {
			x, ok := got.samples[int64(i)]
			if ok != there[i] && i != len(want)-1 { // the last may stand for a lost end
				t.Fatalf("sample %d of %d: heard %v, sent %v", i, len(want), ok, there[i])
			}
			inside := harmed[min(len(want), i+margin+1)] == harmed[max(0, i-margin)]
			if inside && math.Abs(float64(x-max(-1, min(1, want[i])))) > 2e-5 {
				t.Fatalf("%d Hz, sample %d: %g, want %g", rate, i, x, want[i])
			}
		}
	})
}

// TestLateIsLost: a packet that comes after the window has been given up, and is dropped.
func TestLateIsLost(t *testing.T) {
	for _, c := range []struct{ samples, late, want int }{
		{320, 10, 0}, {320, 45, 0}, {320, 52, 1}, // 50 packets are a second
		{100, 60, 0}, {100, 66, 1}, // 64 packets are less
		{1600, 8, 0}, {1600, 12, 1},
	} {
		var ps []Packet
		for i := range 200 {
			ps = append(ps, Packet{Session: "a", Seq: uint64(i + 1), Position: int64(i * c.samples), Encoding: S16, Rate: 16000,
				Channels: 1, Samples: c.samples, Data: make([]byte, 2*c.samples)})
		}
		late := ps[5]
		ps = slices.Insert(slices.Delete(ps, 5, 6), 5+c.late, late)
		got, a := assemble(t, Options{}, ps)
		if st := a.Stats(); st.Lost != uint64(c.want) || st.Dropped != uint64(c.want) || len(got.samples) != (200-c.want)*c.samples {
			t.Errorf("%+v: %+v, %d samples", c, st, len(got.samples))
		}
	}
}

// TestJoin: within the first seconds the time is the session's, later it begins
// with the reader.
func TestJoin(t *testing.T) {
	packets, _ := cut(rand.New(rand.NewPCG(3, 1)), "a", 16000, 1, 16000*30, 320)
	for _, from := range []int{0, 1, 100, 1500, 2000} {
		part := packets[from:]
		got, a := assemble(t, Options{}, part)
		want := part[0].Position
		if want > 160000 {
			want = 0
		}
		if got.blocks[0].Start != want || len(got.samples) != int(480000-part[0].Position) {
			t.Errorf("from packet %d at %d: starts at %d", from, part[0].Position, got.blocks[0].Start)
		}
		if a.Stats().Lost > 1 {
			t.Errorf("from packet %d: %+v", from, a.Stats())
		}
	}
}

// TestSessions: another session ends the stream, or follows after the time
// between them; packets of a past one are dropped.
func TestSessions(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	began := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	one, _ := cut(r, "one", 16000, 1, 16000, 320)
	two, _ := cut(r, "two", 48000, 2, 48000, 960)
	at := func(ps []Packet, t time.Time) {
		for i := range ps {
			ps[i].Began = t
		}
	}
	at(one, began)
	at(two, began.Add(90*time.Second))
	all := slices.Concat(one[:len(one)-1], two, one[:3])

	var said []error
	got, a := assemble(t, Options{OnWarning: func(err error) { said = append(said, err) }}, all)
	if got.end != 16000 || len(said) != 1 || a.Session() != "one" {
		t.Errorf("first session only: up to %d, %v", got.end, said)
	}
	got, a = assemble(t, Options{Follow: true}, all)
	if got.end != 91*16000 || len(got.samples) != 2*16000 || a.Stats().Dropped != 3 {
		t.Errorf("both: up to %d, %d samples, %+v", got.end, len(got.samples), a.Stats())
	}
	got, _ = assemble(t, Options{Session: "two"}, all)
	if got.end != 16000 || len(got.samples) != 16000 {
		t.Errorf("the second: up to %d", got.end)
	}
	// A clock that was set back, or far ahead, changes no position.
	for _, wrong := range []time.Time{began.Add(-time.Hour), began.Add(1000 * time.Hour), {}} {
		at(two, wrong)
		if got, _ = assemble(t, Options{Follow: true}, slices.Concat(one, two)); got.end != 32000 {
			t.Errorf("began %v: up to %d", wrong, got.end)
		}
	}
}

// TestJoinNext: a session that follows another one, and has gone on for a while when it is first heard, begins without a gap unless
// the times of both are known.
func TestJoinNext(t *testing.T) {
	began := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	one, _ := cut(rand.New(rand.NewPCG(10, 1)), "one", 16000, 1, 16000, 320)
	for _, c := range []struct {
		one, two time.Time
		second   int64 // at which the second session begins in the stream
	}{
		{time.Time{}, time.Time{}, 1},
		{began, time.Time{}, 1},
		{time.Time{}, began, 1},
		{began, began.Add(time.Minute), 60 + 3600},
	} {
		two, _ := cut(rand.New(rand.NewPCG(11, 1)), "two", 48000, 1, 48000, 960)
		all := append(slices.Clone(one), two...)
		for i := range all {
			if all[i].Session == "one" {
				all[i].Began = c.one
				continue
			}
			all[i].Began = c.two
			all[i].Seq += 100_000
			all[i].Position += 3600 * 48000
		}
		got, a := assemble(t, Options{Follow: true}, all)
		if st := a.Stats(); got.end != (c.second+1)*16000 || len(got.samples) != 2*16000 || st.Bad+st.Lost != 0 {
			t.Errorf("%v, %v: %d samples up to %d, %+v", c.one, c.two, len(got.samples), got.end, st)
		}
	}
}

func TestBadPackets(t *testing.T) {
	good, _ := cut(rand.New(rand.NewPCG(5, 1)), "a", 16000, 1, 16000, 320)
	far := good[30]
	far.Position += 25 * 3600 * 16000
	other := good[30]
	other.Rate = 8000
	var said []error
	all := slices.Clone(good)
	all[30] = far
	all = slices.Insert(all, 20, other, other)
	got, a := assemble(t, Options{OnWarning: func(err error) { said = append(said, err) }}, all)
	if st := a.Stats(); st.Bad != 3 || len(said) != 2 || got.end != 16000 || !errors.Is(said[0], ErrPacket) {
		t.Errorf("%+v, %v, up to %d", st, said, got.end)
	}
	if _, err := NewAssembler(Options{Channel: capture.Each}); err == nil {
		t.Error("each was accepted")
	}
	b, err := NewAssembler(Options{Channel: 2})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Push(good[0], func(capture.Block) {}); err == nil {
		t.Error("a channel that is not there was accepted")
	}
}

// FuzzAssembler: no packets make the Assembler panic, go back in time, or hold more than its window.
func FuzzAssembler(f *testing.F) {
	f.Add([]byte{1, 0, 2, 1, 3, 2, 4, 3, 5, 4}, false)
	f.Add([]byte{1, 0, 200, 255, 3, 2, 131, 1, 2, 4, 70, 9}, true)
	f.Fuzz(func(t *testing.T, script []byte, follow bool) {
		a, err := NewAssembler(Options{Follow: follow})
		if err != nil {
			t.Fatal(err)
		}
		h := &heard{samples: map[int64]float32{}}
		emit := func(b capture.Block) { h.add(t, b) }
		for ; len(script) >= 2; script = script[2:] {
			x, y := script[0], script[1]
			p := Packet{
				Session: string('a' + rune(x>>6)), Seq: 1 + uint64(x&63)<<(y&24), Position: int64(y) << (x & 24),
				Encoding: S16, Rate: 16000, Channels: 1, Samples: 100, Data: make([]byte, 200), End: y == 99,
				Began: time.Unix(int64(y)<<(x&15), 0),
			}
			switch {
			case p.End:
				p.Data, p.Samples = nil, 0
			case y&7 == 3:
				p.Encoding, p.Rate, p.Data = Opus, OpusRate, []byte{x, y, 1}
				p.Samples = p.holds()
			}
			if p.check() != nil {
				continue
			}
			if _, err := a.Push(p, emit); err != nil {
				t.Fatal(err)
			}
			if len(a.order.held) > WindowPackets {
				t.Fatal("too many packets held")
			}
		}
		a.Finish(emit)
	})
}

func BenchmarkAssembler(b *testing.B) {
	for _, c := range []struct {
		name     string
		rate, ch int
	}{{"mono_16k", 16000, 1}, {"stereo_48k", 48000, 2}} {
		b.Run(c.name, func(b *testing.B) {
			const seconds = 10
			var packets []Packet
			for at := 0; at < seconds*c.rate; at += c.rate / 50 {
				packets = append(packets, Packet{Session: "s", Seq: uint64(len(packets) + 1), Position: int64(at), Encoding: S16,
					Rate: c.rate, Channels: c.ch, Samples: c.rate / 50, Data: make([]byte, 2*c.ch*c.rate/50)})
			}
			b.ReportAllocs()
			for b.Loop() {
				a, err := NewAssembler(Options{})
				if err != nil {
					b.Fatal(err)
				}
				for _, p := range packets {
					if _, err := a.Push(p, func(capture.Block) {}); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/seconds, "ns/s-audio")
		})
	}
}
