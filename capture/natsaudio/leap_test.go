package natsaudio

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/state"
)

// dayAhead are packets whose positions are 25 h later.
func dayAhead(ps []Packet) []Packet {
	ps = slices.Clone(ps)
	for i := range ps {
		ps[i].Position += 25 * 3600 * int64(ps[i].Rate)
	}
	return ps
}

// TestLeap: a sender that goes on more than MaxGap later is heard again after a few packets, without the gap, and its end mark
// ends the stream. So it is after each of several such gaps.
func TestLeap(t *testing.T) {
	for _, rate := range []int{16000, 44100} {
		ps, _ := cut(rand.New(rand.NewPCG(7, 1)), "a", rate, 1, 3*rate, rate/50)
		a, b := len(ps)/3, 2*len(ps)/3
		last := len(ps) - 1
		all := slices.Concat(ps[:a], dayAhead(ps[a:b]), dayAhead(dayAhead(ps[b:])))
		var said []error
		var kinds []string
		got, asm := assemble(t, Options{OnWarning: func(err error) { said = append(said, err) }, OnBad: func(kind string, _ error) { kinds = append(kinds, kind) }}, all)
		refused := 2 * (leapPackets - 1)
		heard := int64(0)
		for i, p := range ps {
			if i < a || i >= a+leapPackets-1 && i < b || i >= b+leapPackets-1 {
				heard += int64(p.Samples)
			}
		}
		want := (heard*capture.Rate + int64(rate) - 1) / int64(rate)
		// Positions between two samples of the stream are rounded, at each leap again.
		if d := got.end - want; d < -2 || d > 2 || int64(len(got.samples)) < got.end-1 || !asm.ended {
			t.Errorf("%d Hz: %d samples up to %d, expected %d; ended %v", rate, len(got.samples), got.end, want, asm.ended)
		}
		if st := asm.Stats(); st.Packets != uint64(last-refused) || st.Bad != uint64(refused) || len(said) != 2 || len(kinds) != refused || kinds[0] != "gap" {
			t.Errorf("%d Hz: %+v, %v, %v", rate, st, said, kinds)
		}
	}
}

// TestNoLeap: packets that are too far ahead are refused as long as they are few, or are not where one can follow the other.
func TestNoLeap(t *testing.T) {
	ps, _ := cut(rand.New(rand.NewPCG(8, 1)), "a", 16000, 1, 16000, 320)
	few := slices.Clone(ps)
	copy(few[20:], dayAhead(ps[20:20+leapPackets-1]))
	back := slices.Clone(ps)
	for i := 20; i < 40; i++ { // each before the one before it
		back[i].Position += 25*3600*16000 - int64(i)*16000
	}
	apart := slices.Clone(ps)
	for i, far := 20, ps; i < 40; i++ { // each a day after the one before it
		far = dayAhead(far)
		apart[i] = far[i]
	}
	for name, c := range map[string]struct {
		ps      []Packet
		refused uint64
	}{"few": {few, leapPackets - 1}, "back": {back, 20}, "apart": {apart, 20}} {
		got, asm := assemble(t, Options{}, c.ps)
		if st := asm.Stats(); got.end != 16000 || st.Bad != c.refused || st.Packets != uint64(len(ps)-1)-c.refused {
			t.Errorf("%s: up to %d, %+v", name, got.end, st)
		}
	}
}

// TestRefusedEnd: an end mark ends its session wherever it says that it is, at the last sound that was heard.
func TestRefusedEnd(t *testing.T) {
	short := Packet{Session: "a", Seq: 1, Encoding: S16, Rate: capture.Rate, Channels: 1, Samples: 1, Data: make([]byte, 2)}
	end := func(position int64) Packet {
		p := short
		p.Seq, p.Position, p.Samples, p.Data, p.End = 2, position, 0, nil, true
		return p
	}
	next := short
	next.Session = "b"
	for kind, c := range map[string]struct {
		end  int64
		pos  int64
		used int64
	}{
		"gap":    {25 * 3600 * capture.Rate, 0, 0},
		"length": {3600 * capture.Rate, capture.MaxPosition - 10, 0},
		"gaps":   {3600 * capture.Rate, 0, gapsInHand * gapEvery},
	} {
		for _, follow := range []bool{false, true} {
			var kinds []string
			a := newAssembler(t, Options{Follow: follow, OnBad: func(kind string, _ error) { kinds = append(kinds, kind) }})
			a.session, a.past, a.pos, a.gaps.used = "before", []string{"before"}, c.pos, c.used
			n := 0
			push := func(p Packet) bool {
				ended, err := a.Push(p, func(b capture.Block) { n += len(b.Samples) })
				if err != nil {
					t.Fatal(err)
				}
				return ended
			}
			push(short)
			if ended := push(end(c.end)); ended == follow || a.sound != nil || !slices.Equal(kinds, []string{kind}) {
				t.Errorf("%s, follow %v: ended %v, refused %v", kind, follow, ended, kinds)
			}
			if push(next); follow != (n == 2) {
				t.Errorf("%s, follow %v: %d samples", kind, follow, n)
			}
		}
	}
}

// TestMovedLeap: an assembler that is replaced in the middle of a leap goes on to the same blocks. Before and after it, the
// state is one without a leap.
func TestMovedLeap(t *testing.T) {
	ps, _ := cut(rand.New(rand.NewPCG(9, 1)), "a", 44100, 2, 44100, 900)
	all := slices.Concat(ps[:20], dayAhead(ps[20:]))
	blocks := func(cut int) (out []string) {
		emit := func(b capture.Block) { out = append(out, fmt.Sprint(b)) }
		a := newAssembler(t, Options{})
		for i, p := range all {
			if i == cut {
				raw, err := a.AppendBinary(nil)
				if err != nil {
					t.Fatal(err)
				}
				if plain := bytes.Equal(raw, state.Append(nil, a.fields()...)); plain == (i > 20 && i < 20+leapPackets) {
					t.Errorf("before packet %d: a state without leap: %v", i, plain)
				}
				if err := newAssembler(t, Options{}).UnmarshalBinary(raw[:len(raw)-1]); err == nil {
					t.Error("a state without its end is accepted")
				}
				a = newAssembler(t, Options{})
				if err := a.UnmarshalBinary(raw); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := a.Push(p, emit); err != nil {
				t.Fatal(err)
			}
		}
		return append(out, fmt.Sprint(a.Stats()))
	}
	want := blocks(-1)
	for cut := 18; cut < 30; cut++ {
		if !slices.Equal(blocks(cut), want) {
			t.Errorf("moved before packet %d: other blocks", cut)
		}
	}
}
