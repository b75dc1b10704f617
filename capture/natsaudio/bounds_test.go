package natsaudio

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/resample"
	"github.com/seed-7adb9000/diarizer/internal/dsp/numeric"
)

// TestAnyPosition holds that a position of any packet that passes for one has the
// place in the stream that whole numbers without bound give it.
func TestAnyPosition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.OneOf(rapid.IntRange(resample.MinRate, resample.MaxRate),
			rapid.SampledFrom([]int{8000, 11025, 44100, 44101, 48000, 767999})).Draw(t, "rate")
		g := numeric.GCD(rate, capture.Rate)
		s := sound{up: int64(capture.Rate / g), down: int64(rate / g)}
		pos := samples(MaxLength, rate) - rapid.Int64Range(0, samples(MaxLength, rate)).Draw(t, "before the last")
		p := Packet{Session: "a", Seq: 1, Position: pos, Encoding: S16, Rate: rate, Channels: 1, Samples: 1, Data: []byte{1, 0}}
		if err := p.check(); err != nil {
			t.Fatal(err)
		}
		want := new(big.Int).Mul(big.NewInt(pos), big.NewInt(capture.Rate))
		want.Add(want, big.NewInt(int64(rate)-1)).Div(want, big.NewInt(int64(rate)))
		if got := s.output(pos); big.NewInt(got).Cmp(want) != 0 {
			t.Fatalf("position %d at %d Hz is sample %d, expected %v", pos, rate, got, want)
		}
		p.Position = rapid.Int64Range(samples(MaxLength, rate)+1, math.MaxInt64).Draw(t, "beyond")
		if err := p.check(); !errors.Is(err, ErrPacket) || !strings.Contains(err.Error(), "ten years") {
			t.Fatalf("position %d at %d Hz: %v", p.Position, rate, err)
		}
	})
}

// TestStreamLength holds that sessions, each at the time that it says, come to no
// position that a stream must not have.
func TestStreamLength(t *testing.T) {
	var said []error
	a := newAssembler(t, Options{Follow: true, OnWarning: func(err error) { said = append(said, err) }})
	a.pos = capture.MaxPosition - 2*capture.Rate
	a.session, a.past = "before", []string{"before"}
	p := Packet{Session: "a", Seq: 1, Encoding: S16, Rate: 48000, Channels: 1, Samples: 480, Data: make([]byte, 960)}
	for range 5 {
		if _, err := a.Push(p, func(b capture.Block) {
			if b.Start > capture.MaxPosition {
				t.Errorf("a block at %d", b.Start)
			}
		}); err != nil {
			t.Fatal(err)
		}
		p.Position += 48000
		p.Seq++
	}
	if st := a.Stats(); st.Packets != 3 || st.Bad != 2 || len(said) != 1 || !errors.Is(said[0], ErrPacket) {
		t.Errorf("%+v, %v; expected 3 packets heard, 2 refused, told once", st, said)
	}
}

// TestTooManyGaps holds that a sender of single samples with a gap before each gets
// a thousand gaps and one for every 5 ms of sound, and that a sender of ordinary
// packets gets one before each for as long as it likes.
func TestTooManyGaps(t *testing.T) {
	gaps := func(packets, samples int) (n int, st Stats) {
		a := newAssembler(t, Options{})
		end := int64(0)
		p := Packet{Session: "a", Seq: 1, Encoding: S16, Rate: capture.Rate, Channels: 1, Samples: samples, Data: make([]byte, 2*samples)}
		for range packets {
			if _, err := a.Push(p, func(b capture.Block) {
				if b.Start > end {
					n++
				}
				end = b.End()
			}); err != nil {
				t.Fatal(err)
			}
			p.Seq++
			p.Position += int64(samples) + 10*capture.Rate
		}
		return n, a.Stats()
	}
	// 100 ms of sound in all is worth 20 gaps.
	if n, st := gaps(1600, 1); n < gapsInHand || n > gapsInHand+20 || st.Bad != 1600-1-uint64(n) {
		t.Errorf("%d gaps of single samples, %+v; expected %d and 20 at most, and the rest refused", n, st, gapsInHand)
	}
	if n, st := gaps(5000, capture.Rate/100); n != 4999 || st.Bad != 0 {
		t.Errorf("%d gaps of 5000 packets of 10 ms, %+v; expected one before each but the first", n, st)
	}
}

// TestMoreGapsLater holds that a sender that has used up its gaps gets more gaps with more sound.
func TestMoreGapsLater(t *testing.T) {
	var a allowance
	short := Packet{Samples: 1, Rate: capture.Rate}
	for range gapsInHand + 100 {
		a.pass(short, true)
	}
	if a.pass(short, true) {
		t.Fatal("no gap is refused")
	}
	if long := (Packet{Samples: capture.Rate, Rate: capture.Rate}); !a.pass(long, true) {
		t.Error("a gap before a second of sound is refused")
	}
	if time.Duration(gapEvery)*time.Second/capture.Rate != 5*time.Millisecond {
		t.Errorf("a gap for every %d samples: the documentation says 5 ms", gapEvery)
	}
}

// TestLoudestGain holds that the samples with the largest gain are loud and are numbers.
func TestLoudestGain(t *testing.T) {
	loud := []float32{0.9, -0.9, 0.5, 1, -1, 0.1}
	var data []byte
	for range 1000 {
		data = AppendS16(data, loud)
	}
	got, a := assemble(t, Options{}, []Packet{{Session: "a", Seq: 1, Encoding: S16, Rate: 44100, Channels: 1,
		Samples: len(data) / 2, Gain: 128, Data: data}})
	peak := float32(0)
	for _, x := range got.samples {
		if !(x >= -1 && x <= 1) {
			t.Fatalf("a sample of %g", x)
		}
		peak = max(peak, x)
	}
	if peak < 0.99 || a.Stats().Bad != 0 {
		t.Errorf("peak %g, %+v", peak, a.Stats())
	}
}

// TestAppendS16 holds that a sample that is no sound becomes silence in a payload.
func TestAppendS16(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for x, want := range map[float32]int16{inf: 0, -inf: 0, math.MaxFloat32: 0, 1e30: 0, 1: 32767, -1: -32768, 3: 32767, 0.5: 16384, 0: 0} {
		if b := AppendS16(nil, []float32{x}); int16(b[0])|int16(b[1])<<8 != want {
			t.Errorf("%g became % x, expected %d", x, b, want)
		}
	}
	if b := AppendS16(nil, []float32{nan}); b[0] != 0 || b[1] != 0 {
		t.Errorf("NaN became % x, expected 0", b)
	}
}
