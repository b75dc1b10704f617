package natsaudio

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/opus"
	"github.com/seed-7adb9000/diarizer/internal/state"
	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
)

// noise makes n packets of any bytes, which is as good as anything for a decoder:
// of all modes, bandwidths and lengths from 10 to 60 ms, one or two channels.
func noise(seed uint64, channels, n int) []Packet {
	rng := rand.New(rand.NewPCG(seed, 5))
	config := []byte{1, 3, 5, 9, 11, 13, 15, 19, 23, 27, 30, 31}
	var ps []Packet
	pos, toc := int64(-312), byte(0)
	for i := range n {
		if i%20 == 0 {
			toc = config[rng.IntN(len(config))]<<3 | byte(rng.IntN(2))<<2
		}
		p := Packet{Session: "a", Seq: uint64(i + 1), Position: pos, Encoding: Opus, Rate: OpusRate, Channels: channels, Data: []byte{toc}}
		for range rng.IntN(80) {
			p.Data = append(p.Data, byte(rng.Uint32()))
		}
		p.Samples = p.holds()
		pos += int64(p.Samples)
		ps = append(ps, p)
	}
	return ps
}

// recorded are the packets of testdata/speech.opus, so many times one after the
// other. See there for its origin.
func recorded(t testing.TB, times int) []Packet {
	t.Helper()
	b, err := os.ReadFile("testdata/speech.opus")
	if err != nil {
		t.Fatal(err)
	}
	var ps []Packet
	for range times {
		in, err := opus.NewPacketReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		from, end := len(ps), int64(0)
		if from > 0 {
			end = ps[from-1].after()
		}
		for {
			p, err := in.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if from > 0 && len(ps) == from {
				end -= p.Position // another one's warming up is heard
			}
			ps = append(ps, Packet{Session: "a", Seq: uint64(len(ps) + 1), Position: end + p.Position, Encoding: Opus,
				Rate: OpusRate, Channels: in.Format().Channels, Samples: p.Samples, Data: p.Data})
		}
	}
	return ps
}

// TestMovedOpus holds that an assembler of Opus packets that is replaced between
// any two of them by one of the same state hands on the same blocks, bit for bit,
// wherever its decoder was renewed: packets lost, late, repeated and not decodable.
func TestMovedOpus(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		channels := rapid.IntRange(1, 2).Draw(t, "channels")
		all := noise(rapid.Uint64().Draw(t, "seed"), channels, rapid.IntRange(20, 150).Draw(t, "packets"))
		// The place where the decoder is renewed is somewhere among them.
		end := all[len(all)-1].after()
		shift := rapid.Int64Range(max(0, renewEvery-end), renewEvery).Draw(t, "shift")
		var ps []Packet
		for _, p := range all {
			p.Position += shift
			switch rapid.IntRange(0, 9).Draw(t, "fate") {
			case 0: // lost
			case 1:
				ps = append(ps, p, p)
			default:
				at := len(ps) - min(len(ps), rapid.IntRange(0, 2).Draw(t, "late"))
				ps = slices.Insert(ps, at, p)
			}
		}
		cut := rapid.IntRange(0, len(ps)).Draw(t, "cut")
		blocks := func(cut int) (out []string) {
			emit := func(b capture.Block) { out = append(out, fmt.Sprint(b)) }
			a := newAssembler(t, Options{})
			for i, p := range ps {
				if i == cut {
					raw, err := a.AppendBinary(nil)
					if err != nil {
						t.Fatal(err)
					}
					a = newAssembler(t, Options{})
					if err := a.UnmarshalBinary(raw); err != nil {
						t.Fatal(err)
					}
					clear(raw) // is nobody's any more
				}
				if _, err := a.Push(p, emit); err != nil {
					t.Fatal(err)
				}
			}
			a.Finish(emit)
			return append(out, fmt.Sprint(a.Stats()))
		}
		if !slices.Equal(blocks(cut), blocks(-1)) {
			t.Fatalf("moved before packet %d: other blocks", cut)
		}
	})
}

// decodeAll returns the samples of packets, one after the other.
func decodeAll(t testing.TB, ps []Packet, decode func(Packet) ([]float32, error)) (all [][]float32) {
	t.Helper()
	for _, p := range ps {
		frames, err := decode(p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, slices.Clone(frames))
	}
	return all
}

func newDecoder(t rapid.TB, channels int) *renewing {
	t.Helper()
	r, err := newRenewing(channels)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRenewedForgets holds that what is decoded behind a place where decoders are
// renewed depends on nothing before the half second that leads to it.
func TestRenewedForgets(t *testing.T) {
	ps := recorded(t, 1)
	whole := decodeAll(t, ps, newDecoder(t, 1).decode)
	place := slices.IndexFunc(ps, func(p Packet) bool { return p.Position >= renewEvery })
	from := place
	for from > 0 && ps[place].Position-ps[from].Position < preRoll {
		from--
	}
	part := decodeAll(t, ps[from:], newDecoder(t, 1).decode)
	if slices.Equal(part[0], whole[from]) {
		t.Error("the decoder that began there was not new")
	}
	for i := place; i < len(ps); i++ {
		if !slices.Equal(part[i-from], whole[i]) {
			t.Fatalf("packet %d, %d after the place: other samples", i, i-place)
		}
	}
}

// TestRenewedIsClose holds that renewing decoders changes little: the difference to one decoder of the whole session, in
// the second after each place, is 60 dB below the sound.
func TestRenewedIsClose(t *testing.T) {
	ps := recorded(t, 4)
	dec, err := opus.NewPacketDecoder(1)
	if err != nil {
		t.Fatal(err)
	}
	want := decodeAll(t, ps, func(p Packet) ([]float32, error) { return dec.Decode(p.Data) })
	got := decodeAll(t, ps, newDecoder(t, 1).decode)
	places := 0
	for i, p := range ps {
		if i == 0 || p.Position/renewEvery == ps[i-1].Position/renewEvery {
			continue
		}
		places++
		var power, off float64
		for k := i; k < len(ps) && ps[k].Position < p.Position+OpusRate; k++ {
			for j, x := range want[k] {
				power += float64(x) * float64(x)
				off += math.Pow(float64(got[k][j]-x), 2)
			}
		}
		if snr := 10 * math.Log10(power/(off+1e-12)); snr < 60 {
			t.Errorf("%.1f s: %.1f dB", float64(p.Position)/OpusRate, snr)
		}
	}
	if end := ps[len(ps)-1].after(); places < 3 || places != int(end/renewEvery) {
		t.Errorf("%d places in %.1f s", places, float64(end)/OpusRate)
	}
}

// TestRenewingIsBounded holds that a sender whose position does not move, or whose
// packets are as long as they may be, cannot have more kept than maxFed.
func TestRenewingIsBounded(t *testing.T) {
	for _, size := range []int{1, 1000, MaxPayload} {
		r := newDecoder(t, 1)
		data := make([]byte, size)
		data[0] = 1 << 3
		renewed := 0
		for range 3 * maxFed / (size + 1000) {
			before := len(r.fed)
			if _, err := r.decode(Packet{Position: 100, Data: data}); err != nil && size < 1500 {
				t.Fatal(err)
			}
			if len(r.fed) < before {
				renewed++
			}
			if len(r.fed) > maxFed+8 {
				t.Fatalf("%d bytes kept of packets of %d", len(r.fed), size)
			}
		}
		if renewed == 0 {
			t.Errorf("packets of %d bytes: never renewed", size)
		}
	}
}

// TestRenewingState holds that a state is complete, and that no bytes in its place cause a panic.
func TestRenewingState(t *testing.T) {
	r := newDecoder(t, 1)
	statetest.Covers(t, r, r.fields(), "channels", "dec", "sound")
	decodeAll(t, recorded(t, 1)[:40], r.decode)
	good, err := r.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := newDecoder(t, 1).UnmarshalBinary(good); err != nil {
		t.Error(err)
	}
	bad := &renewing{fed: append(slices.Clone(r.fed), 200, 1, 0)}
	short, err := bad.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := newDecoder(t, 1).UnmarshalBinary(short); !errors.Is(err, state.ErrState) {
		t.Errorf("packets that are cut short: %v", err)
	}
	rapid.Check(t, func(t *rapid.T) {
		b := slices.Clone(good)
		b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] ^= rapid.Byte().Draw(t, "with")
		if n := rapid.IntRange(0, len(b)).Draw(t, "length"); rapid.Bool().Draw(t, "cut") {
			b = b[:n]
		}
		r := newDecoder(t, 1)
		if err := r.UnmarshalBinary(b); err != nil && !errors.Is(err, state.ErrState) {
			t.Errorf("%v", err)
		}
	})
}

// BenchmarkMoveOpus is how long it takes to go on with a stretch of 10 s.
func BenchmarkMoveOpus(b *testing.B) {
	r := newDecoder(b, 1)
	for _, p := range recorded(b, 2) {
		if _, err := r.decode(p); err != nil {
			b.Fatal(err)
		}
		if p.Position/renewEvery == 1 && p.after()/renewEvery == 2 {
			break // as much as is ever kept
		}
	}
	saved, err := r.AppendBinary(nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := newDecoder(b, 1).UnmarshalBinary(saved); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(saved)), "bytes")
}
