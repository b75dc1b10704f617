package board

import (
	"slices"

	"github.com/seed-7adb9000/diarizer/event"
)

// Snapshot is a whole board as JSON, for a viewer that comes late. With the events after
// Seq applied, it is the later board.
type Snapshot struct {
	Stream   string        `json:"stream"`
	Run      string        `json:"run"`
	Seq      uint64        `json:"seq"`
	Missing  uint64        `json:"missing,omitempty"`
	Time     event.Time    `json:"time"`
	Revision uint64        `json:"revision"`
	Source   event.Source  `json:"source"`
	Status   *event.Status `json:"status,omitempty"`
	End      *event.End    `json:"end,omitempty"`
	Speakers []Person      `json:"speakers"`
	Turns    []Turn        `json:"turns"`
	Gaps     []event.Gap   `json:"gaps"`
	Marks    []event.Mark  `json:"marks"`
	// Said is what recognisers have heard, with the present speakers.
	Said []Said `json:"said,omitempty"`
	// Changes are the latest changes, in order.
	Changes []Change `json:"changes"`
	// FoldedUntil is the end of the turns that are folded into sums.
	FoldedUntil event.Time `json:"folded_until,omitempty"`
}

// Person is a speaker of a Snapshot.
type Person struct {
	Speaker event.Speaker `json:"speaker"`
	Name    string        `json:"name,omitempty"`
	Into    event.Speaker `json:"into,omitempty"`
	Folded  *Tally        `json:"folded,omitempty"`
}

// Snapshot copies the board.
func (b *Board) Snapshot() Snapshot {
	s := Snapshot{Stream: b.stream, Run: b.run, Seq: b.seq, Missing: b.missing, Time: b.at, Revision: b.revision,
		Source: b.source, Status: b.status, End: b.ended, FoldedUntil: b.foldedUntil,
		Turns: append([]Turn{}, b.turns...), Gaps: append([]event.Gap{}, b.gaps...), Marks: append([]event.Mark{}, b.marks...), Speakers: []Person{}, Changes: append([]Change{}, b.changes...)}
	for _, h := range b.said {
		s.Said = append(s.Said, Said{h.Recogniser, slices.Clone(h.Words)})
	}
	people := b.speakers
	if _, ok := b.folded[event.Unknown]; ok {
		people = append(slices.Clone(people), event.Unknown)
	}
	for _, sp := range people {
		p := Person{Speaker: sp, Name: b.names[sp], Into: b.merged[sp]}
		if t, ok := b.folded[sp]; ok {
			p.Folded = &t
		}
		s.Speakers = append(s.Speakers, p)
	}
	return s
}
