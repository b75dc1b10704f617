package correct

import (
	"maps"
	"slices"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

// view says which speakers are one person, by merges of the clustering and by the
// corrections that stand. It is a function of these alone.
type view struct {
	merged map[int]int // merges of the clustering
	same   map[int]int // merges by corrections, from one speaker to the next
}

// view applies the merges in their order. Each makes the person of one speaker at that time
// one with the person of the other.
func (d *Desk) view() view { return viewOf(d.merged, d.stands) }

func viewOf(merged map[int]int, stands []Correction) view {
	v := view{merged, map[int]int{}}
	for _, c := range stands {
		if c.Action != Merge {
			continue
		}
		if a, b := v.who(int(c.Speaker)), v.who(int(c.Into)); a != b {
			v.same[a] = b
		}
	}
	return v
}

// label is the speaker that the clustering has merged a speaker into.
func (v view) label(speaker int) int { return follow(v.merged, speaker) }

// who is the speaker that stands for all speakers who are the same person.
func (v view) who(speaker int) int { return follow(v.same, v.label(speaker)) }

func follow(next map[int]int, from int) int {
	for {
		to, ok := next[from]
		if !ok {
			return from
		}
		from = to
	}
}

// groups lists the labels of each person who has more than one label.
func (v view) groups() [][]int {
	people := map[int][]int{}
	for s := range v.same {
		who := v.who(s)
		if len(people[who]) == 0 {
			people[who] = []int{who}
		}
		people[who] = append(people[who], s)
	}
	var groups [][]int
	for _, who := range slices.Sorted(maps.Keys(people)) {
		slices.Sort(people[who])
		groups = append(groups, people[who])
	}
	return groups
}

func (d *Desk) emit(e online.Event) error { return d.opts.Emit(online.Encode(d.opts.Encoder, e)) }

// showMerge emits a merge and gives the turns of speaker to into, as every listener does.
func (d *Desk) showMerge(at int64, speaker, into int) error {
	if err := d.show(at, into); err != nil {
		return err
	}
	for id, t := range d.turns {
		if t.shown == speaker {
			t.shown = into
			if !t.open {
				t.State = online.Revised
			}
			d.turns[id] = t
		}
		for i := range t.parts { // parts are this desk's own
			if t.parts[i].shown == speaker {
				t.parts[i].shown = into
			}
		}
	}
	delete(d.live, speaker)
	return d.emit(online.Event{Kind: online.SpeakerMerged, At: at, Speaker: speaker, Into: into})
}

// show emits a speaker whom listeners do not know, or do not know any more. The speaker's name
// has to be told afterwards, see showNames: a listener who came while the speaker was merged
// away, such as the next run after an interruption, was never told it.
func (d *Desk) show(at int64, speaker int) error {
	if d.live[speaker] {
		return nil
	}
	d.live[speaker] = true
	if told, ok := d.told[speaker]; ok && told != event.Speaker(speaker).String() {
		d.told[speaker] = "" // not deleted: listeners may know a name that was removed since
	}
	return d.emit(online.Event{Kind: online.SpeakerAdded, At: at, Speaker: speaker})
}

// showTurns emits the speakers who are back, and then every turn that listeners know
// wrongly, in the order of ids.
func (d *Desk) showTurns() error {
	v := d.view()
	for _, label := range slices.Sorted(maps.Keys(d.labels)) {
		if err := d.show(d.at, v.who(label)); err != nil {
			return err
		}
	}
	var wrong []int
	for id, t := range d.turns {
		if !t.is(d.pieces(v, t.Turn, t.open)) {
			wrong = append(wrong, id)
		}
	}
	slices.Sort(wrong)
	for _, id := range wrong {
		t := d.turns[id]
		kind := online.TurnUpdated
		if !t.open {
			kind, t.State = online.TurnRevised, online.Revised
		}
		told, err := d.tell(online.Event{Kind: kind, At: d.at, Turn: t.Turn}, t, d.pieces(v, t.Turn, t.open))
		if err != nil {
			return err
		}
		d.turns[id] = told
	}
	return nil
}

// is reports whether listeners know a turn as these pieces.
func (t turn) is(all []piece) bool {
	if all[0] != (piece{t.Start, t.until, t.shown, t.sure}) || len(all) != 1+len(t.parts) {
		return false
	}
	for i, p := range t.parts {
		if all[1+i] != (piece{p.start, p.end, p.shown, p.sure}) {
			return false
		}
	}
	return true
}

// showNames emits every name that listeners know wrongly.
func (d *Desk) showNames(at int64) error {
	v := d.view()
	for _, s := range slices.Sorted(maps.Keys(d.live)) {
		name := d.name(v, s)
		own := event.Speaker(s).String()
		if name.name == "" {
			name.name = own
		}
		if told, ok := d.told[s]; told == name.name || !ok && name.name == own {
			continue
		}
		d.told[s] = name.name
		if err := d.opts.Emit(d.opts.Encoder.Identify(at, s, name.name, name.confidence)); err != nil {
			return err
		}
	}
	return nil
}
