package natsaudio

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
)

func newAssembler(t interface{ Fatal(...any) }, opts Options) *Assembler {
	a, err := NewAssembler(opts)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestMovedAssembler holds that an assembler that is replaced between any two
// packets by one of the same state hands on the same blocks: packets lost, late
// and repeated, of any rate.
func TestMovedAssembler(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.SampledFrom([]int{8000, 16000, 44100}).Draw(t, "rate")
		channels := rapid.IntRange(1, 2).Draw(t, "channels")
		opts := Options{Follow: rapid.Bool().Draw(t, "follow")}
		var ps []Packet
		for _, session := range []string{"a", "b"} {
			pos := int64(0)
			for i := range rapid.IntRange(1, 100).Draw(t, "packets") {
				n := rapid.IntRange(1, rate/10).Draw(t, "samples")
				data := make([]byte, 0, 2*n*channels)
				for k := range n * channels {
					data = binary.LittleEndian.AppendUint16(data, uint16((int(pos)+k)*37))
				}
				p := Packet{Session: session, Began: time.Unix(int64(len(ps)), 0), Seq: uint64(i + 1), Position: pos,
					Encoding: S16, Rate: rate, Channels: channels, Samples: n, Data: data}
				pos += int64(n)
				switch rapid.IntRange(0, 9).Draw(t, "fate") {
				case 0: // lost
				case 1:
					ps = append(ps, p, p)
				default:
					at := len(ps) - min(len(ps), rapid.IntRange(0, 2).Draw(t, "late"))
					ps = slices.Insert(ps, at, p)
				}
			}
		}
		cut := rapid.IntRange(0, len(ps)).Draw(t, "cut")
		blocks := func(cut int) (out []string) {
			emit := func(b capture.Block) { out = append(out, fmt.Sprint(b)) }
			a := newAssembler(t, opts)
			for i, p := range ps {
				if i == cut {
					raw, err := a.AppendBinary(nil)
					if err != nil {
						t.Fatal(err)
					}
					a = newAssembler(t, opts)
					if err := a.UnmarshalBinary(raw); err != nil {
						t.Fatal(err)
					}
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

func TestStateIsComplete(t *testing.T) {
	a := newAssembler(t, Options{})
	if _, err := a.Push(Packet{Session: "a", Seq: 1, Encoding: S16, Rate: 8000, Channels: 1, Samples: 1, Data: []byte{1, 0}}, func(capture.Block) {}); err != nil {
		t.Fatal(err)
	}
	statetest.Covers(t, a, a.leapFields(), "opts", "warned")
	statetest.Covers(t, &a.leap, a.leapFields())
	statetest.Covers(t, &a.gaps, []any{&a.gaps.used})
	statetest.Covers(t, a.order, a.order.fields())
	statetest.Covers(t, &a.rival, a.rival.fields())
	statetest.Covers(t, &a.stats, a.stats.fields())
	statetest.Covers(t, &a.sound.format, a.sound.format.fields())
	statetest.Covers(t, a.sound, a.soundFields(a.sound), "channel", "s16", "mixer", "opus", "odd", "up", "down", "frames", "mono", "out")
}
