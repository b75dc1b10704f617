package online

import (
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
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
