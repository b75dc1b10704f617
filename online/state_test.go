package online

import (
	"slices"
	"testing"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/internal/state"
	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

func TestStateIsComplete(t *testing.T) {
	c := &Clusterer{m: &eigenvoice.Model{Nu: 2, Mu: 1}, cfg: Config{Drafts: true},
		utts: []utterance{{crowds: make([]crowd, 1)}}, gifts: make([]Gift, 1), added: make([]int, 1), heads: make([]head, 1), open: &utterance{}, speakers: make([]speaker, 1), time: timeline{told: make([]told, 1)},
		links:  links{told: make([][]int, 1), who: make([]int, 1), group: make([]int, 1)},
		absent: absent{parked: make([]parked, 1), merges: make([]merge, 1)}}
	for i := range c.looks {
		c.looks[i] = look{ear: newWorld(1, 1).m.NewListener(), chunks: make([]chunk, 1)}
	}
	statetest.Covers(t, c, c.fields(), "cfg", "m", "rule", "scorer", "voice", "bounds", "cut", "units", "levels", "look", "next")
	statetest.Covers(t, &c.looks[draftLook], c.looks[draftLook].fields(), "again")
	statetest.Covers(t, &c.links, c.links.fields(), "sum")
	statetest.Covers(t, &c.distribution, c.fields())
	a := &c.looks[finalLook].chunks[0]
	statetest.Covers(t, a, append(a.fields(nil), &a.sound))
	statetest.Covers(t, &a.sound, append(a.fields(nil), &a.sound.Aligned))
	statetest.Covers(t, &a.sound.Aligned, a.fields(nil))
	u := &c.utts[0]
	statetest.Covers(t, &u.crowds[0], u.crowds[0].fields())
	statetest.Covers(t, u, u.fields(c.m))
	statetest.Covers(t, &u.pair, keptFields(&u.pair, c.m))
	s := &c.speakers[0]
	statetest.Covers(t, s, append(s.fields(), &s.anchor), "voice")
	statetest.Covers(t, &s.anchor, s.fields())
	statetest.Covers(t, &c.gifts[0], c.gifts[0].fields())
	statetest.Covers(t, &c.heads[0], c.heads[0].fields())
	statetest.Covers(t, &c.absent, c.absent.fields())
	p := &c.absent.parked[0]
	statetest.Covers(t, p, append(p.fields(), &p.anchor))
	statetest.Covers(t, &p.anchor, p.fields())
	m := &c.absent.merges[0]
	statetest.Covers(t, m, m.fields())
	statetest.Covers(t, &c.time, c.time.fields(), "joinGap", "tolerance", "want", "matched")
	statetest.Covers(t, &c.time.told[0], append(c.time.told[0].fields(), &c.time.told[0].Turn), "last", "beside", "byBeside", "conf")
	statetest.Covers(t, &c.time.told[0].Turn, c.time.told[0].fields())
}

// TestFoundAgain holds that the state leaves out features that can be found again, and that they
// come back. Features that would come back differently are not left out.
func TestFoundAgain(t *testing.T) {
	spectra := make([]float32, 10*features.BankSize)
	for i := range spectra {
		spectra[i] = float32(i * i % 97)
	}
	other := slices.Clone(spectra)
	other[77]++
	a := chunk{start: 1600, end: 3200, sound: model.Sound{First: 10, Frames: spectra}}
	whole := len(state.Append(nil, a.fields(nil)...))
	for name, c := range map[string]struct {
		found []float32
		left  bool
	}{"the same": {spectra, true}, "others": {other, false}, "nothing": {nil, false}} {
		again := func(first int64, n int) []float32 {
			if first != 10 || n != 10 {
				t.Errorf("%s: %d frames from %d on asked for", name, n, first)
			}
			return c.found
		}
		raw := state.Append(nil, a.fields(again)...)
		if left := len(raw) < whole; left != c.left {
			t.Errorf("%s: %d bytes of %d", name, len(raw), whole)
		}
		var b chunk
		if err := state.Restore(raw, b.fields(again)...); err != nil || !slices.Equal(b.sound.Frames, spectra) {
			t.Errorf("%s: other spectra came back, error %v", name, err)
		}
	}
}

// precise is a model whose D⁻¹ is 1/frames.
type precise struct{ model.Model }

func (precise) Shape() model.Shape { return model.Shape{Nu: 2, Diagonal: true} }

func (precise) Precisions(frames float64) []float32 {
	return []float32{float32(1 / frames), float32(2 / frames)}
}

// TestKeptIsShort holds the same for pairs.
func TestKeptIsShort(t *testing.T) {
	for _, k := range []model.Kept{{N: 4, Pair: []float32{7, 8, 0.25, 0.5}}, {N: 4, Pair: []float32{7, 8, 0.25, 1}}, {}} {
		whole := len(state.Append(nil, &k.N, &k.Pair))
		raw := state.Append(nil, keptFields(&k, precise{})...)
		if k.N > 0 && len(raw) < whole != (k.Pair[3] == 0.5) {
			t.Errorf("%v: %d bytes, as a whole %d", k, len(raw), whole)
		}
		var b model.Kept
		if err := state.Restore(raw, keptFields(&b, precise{})...); err != nil || b.N != k.N || !slices.Equal(b.Pair, k.Pair) {
			t.Errorf("%v came back as %v, error %v", k, b, err)
		}
	}
}
