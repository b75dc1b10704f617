package tracks

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
)

// shortest is the length of the shortest turn that is left of one from which leakage
// was taken, in samples: less is no word.
const shortest = 1600

// person is somebody at a track's microphone.
type person struct {
	track   int
	speaker event.Speaker // in the track's own timeline
}

// spoken is a turn of the meeting.
type spoken struct {
	person
	event.Turn
}

// events are those of a meeting: who there is, then every turn by its start.
func events(tracks []Track, all []heard, opts Options) []event.Event {
	var turns []spoken
	end := event.Time(0)
	for i, h := range all {
		end = max(end, h.at)
		for _, t := range h.turns {
			for _, part := range left(t, h.ear.speech) {
				turns = append(turns, spoken{person{i, t.Speaker}, part})
			}
		}
	}
	slices.SortStableFunc(turns, func(a, b spoken) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.track, b.track)) })

	enc := event.Encoder{Stream: opts.Stream, Run: event.NewRun(time.Now())}
	list := []event.Event{enc.Start(event.Source{Name: opts.Name, Model: opts.Pipeline.Model.Fingerprint()})}
	next := func(at event.Time, e event.Event) {
		enc.Seq++
		e.Stream, e.Run, e.Seq, e.At = opts.Stream, list[0].Run, enc.Seq, at
		e.Wall = list[0].Wall
		list = append(list, e)
	}
	speakers := map[person]event.Speaker{}
	several := map[int]int{} // people at each microphone
	for n, t := range turns {
		who, known := speakers[t.person]
		if !known {
			who = event.Speaker(len(speakers) + 1)
			speakers[t.person] = who
			several[t.track]++
			name := tracks[t.track].Name
			if k := several[t.track]; k > 1 {
				name = fmt.Sprintf("%s %d", name, k)
			}
			next(t.Start, event.Event{Kind: event.SpeakerAdded, Speaker: who})
			next(t.Start, event.Event{Kind: event.SpeakerIdentified, Speaker: who, Name: name, Confidence: 1})
		}
		turn := t.Turn
		turn.ID, turn.Speaker, turn.State = n+1, who, event.Final
		next(turn.End, event.Event{Kind: event.TurnEnded, Turn: &turn})
	}
	last := enc.Finish(int64(end), event.Finished, "")
	return append(list, last)
}

// left are the parts of a turn that lie in the speech of its track.
func left(t event.Turn, speech []stretch) (parts []event.Turn) {
	for _, s := range speech {
		part := t
		part.Start, part.End = max(t.Start, event.Time(s.from*hop)), min(t.End, event.Time(s.to*hop))
		if part.End-part.Start >= min(shortest, t.End-t.Start) {
			parts = append(parts, part)
		}
	}
	return parts
}
