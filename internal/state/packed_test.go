package state_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/internal/state"
)

// packs are both kinds of packed numbers.
type packs struct {
	Halves []uint16
	Rows   []float32
	Width  int
}

func (p *packs) fields() []any {
	return []any{state.Halves(&p.Halves), state.Rows(&p.Rows, func() int { return p.Width })}
}

// same compares bits, so that a number that is none is itself.
func (p *packs) same(q *packs) bool {
	return slices.Equal(p.Halves, q.Halves) && slices.EqualFunc(p.Rows, q.Rows, func(a, b float32) bool {
		return math.Float32bits(a) == math.Float32bits(b)
	})
}

func (p *packs) moved(t interface{ Fatal(...any) }) *packs {
	var q packs
	if err := state.Restore(state.Append(nil, p.fields()...), q.fields()...); err != nil {
		t.Fatal(err)
	}
	return &q
}

// TestPackedRoundTrip holds that packed numbers come back to the bit, whatever they are: like
// sound, like spectra, or any bits at all.
func TestPackedRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		p := packs{Width: rapid.IntRange(-1, 90).Draw(t, "width")}
		mask := uint16(rapid.Uint16().Draw(t, "mask"))
		base := rapid.Uint16().Draw(t, "base")
		for range rapid.IntRange(0, 1000).Draw(t, "halves") {
			p.Halves = append(p.Halves, base^uint16(rng.Uint32())&mask)
		}
		wide := rapid.Uint32().Draw(t, "wide")
		for range rapid.IntRange(0, 500).Draw(t, "rows") {
			p.Rows = append(p.Rows, math.Float32frombits(0xc0800000^rng.Uint32()&wide))
		}
		if q := p.moved(t); !p.same(q) {
			t.Fatalf("%v came back as %v", p, q)
		}
	})
	every := packs{Halves: make([]uint16, 1<<16)}
	for i := range every.Halves {
		every.Halves[i] = uint16(i * 40503) // an odd factor reaches every one
	}
	if !every.same(every.moved(t)) {
		t.Error("not every number comes back")
	}
}

// TestPackedIsShort bounds what sound of 16 bits, spectra and noise of any bits take.
func TestPackedIsShort(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	tone, noise := make([]uint16, 16000), make([]uint16, 16000)
	for i := range tone {
		s := int64(1000*math.Sin(2*math.Pi*200*float64(i)/16000) + 20*rng.NormFloat64())
		tone[i] = halfOf(s)
		noise[i] = uint16(rng.Uint32())
	}
	rows := make([]float32, 100*80)
	for i := range rows {
		rows[i] = float32(-5 + math.Sin(float64(i%80)) + 0.3*rng.NormFloat64())
	}
	for name, c := range map[string]struct {
		p    packs
		most int
	}{
		"tone": {packs{Halves: tone}, 2 * len(tone) * 62 / 100}, "noise": {packs{Halves: noise}, 2*len(noise) + len(noise)/64},
		"silence": {packs{Halves: make([]uint16, 16000)}, 16000/8 + 16000/64}, "rows": {packs{Rows: rows, Width: 80}, 4 * len(rows) * 78 / 100},
	} {
		if n := len(state.Append(nil, c.p.fields()...)); n > c.most+40 {
			t.Errorf("%s: %d bytes, expected at most %d", name, n, c.most+40)
		}
	}
}

// halfOf returns the 16-bit float of s/2^15, for |s| < 2048.
func halfOf(s int64) uint16 {
	if s == 0 {
		return 0
	}
	frac, exp := math.Frexp(math.Abs(float64(s)) / (1 << 15))
	h := uint16(exp+14)<<10 | uint16(frac*2048)&1023
	if s < 0 {
		h |= 1 << 15
	}
	return h
}

// FuzzPacked restores packed numbers from any bytes: what is accepted is written again to
// the same numbers.
func FuzzPacked(f *testing.F) {
	f.Add(state.Append(nil, (&packs{}).fields()...))
	f.Add(state.Append(nil, (&packs{Halves: []uint16{1, 2, 3, 40000}, Rows: []float32{1, 2, 3, 4, 5, 6}, Width: 2}).fields()...))
	f.Fuzz(func(t *testing.T, b []byte) {
		p := packs{Width: 3}
		if err := state.Restore(b, p.fields()...); err != nil {
			if !errors.Is(err, state.ErrState) {
				t.Error(err)
			}
			return
		}
		if q := p.moved(t); !p.same(q) {
			t.Errorf("%v came back as %v", p, q)
		}
	})
}
