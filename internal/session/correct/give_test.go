package correct

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

// A turn of one person is given to another person, then to a new one, and taken back.
func TestGive(t *testing.T) {
	d, tl, _ := spoken(t)
	var gifts []online.Gift
	d.opts.Give = func(g []online.Gift) { gifts = g }
	correct(t, d, Correction{Action: Give, Turns: []int{3}, Into: 2})
	expect(t, tl, "S1", "S2", "S2")
	if want := []online.Gift{{Start: 32000, End: 48000, From: 1, Speaker: 2}}; !reflect.DeepEqual(gifts, want) {
		t.Errorf("the clustering was told %v, expected %v", gifts, want)
	}
	if turn, _ := tl.Turn(3); turn.Confidence != 1 || turn.State != event.Revised {
		t.Errorf("turn %+v", turn)
	}
	correct(t, d, Correction{Action: Give, Turns: []int{1, 3}})
	expect(t, tl, "S3", "S2", "S3")
	correct(t, d, Correction{Action: Rename, Speaker: 3, Name: "Ada"})
	// The clustering replaces the turn by another turn in the same place.
	decide(t, d, online.Event{Kind: online.TurnWithdrawn, At: 70000, Turn: online.Turn{ID: 3, Speaker: 1, Start: 32000, End: 48000}})
	decide(t, d, online.Event{Kind: online.TurnEnded, At: 70000, Turn: online.Turn{ID: 9, Speaker: 1, Start: 33000, End: 47000}})
	expect(t, tl, "Ada", "S2", "Ada")
	for range 2 {
		correct(t, d, Correction{Action: Undo})
	}
	expect(t, tl, "S1", "S2", "S2")
	correct(t, d, Correction{Action: Undo})
	expect(t, tl, "S1", "S2", "S1")
	if len(gifts) != 0 {
		t.Errorf("gifts %v are left", gifts)
	}
}

// A speaker is split by what the clustering hears.
func TestSplit(t *testing.T) {
	d, tl, _ := spoken(t)
	if _, err := d.Correct(Correction{Action: Split, Speaker: 1}); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "while the stream goes on") {
		t.Errorf("without a clustering: %v", err)
	}
	var asked []int
	second := []online.Span{{Start: 33000, End: 47000}}
	d.opts.Divide = func(speakers []int) ([]online.Span, error) {
		asked = speakers
		return second, nil
	}
	c := Correction{Action: Split, Speaker: 1, ID: "x"}
	first, again := correct(t, d, c), correct(t, d, c)
	if first != again || !slices.Equal(asked, []int{1}) {
		t.Errorf("replies %v and %v; asked of %v", first, again, asked)
	}
	expect(t, tl, "S1", "S2", "S3")
	second = nil
	if _, err := d.Correct(Correction{Action: Split, Speaker: 2}); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "one voice") {
		t.Errorf("one voice: %v", err)
	}
	correct(t, d, Correction{Action: Merge, Speaker: 3, Into: 1})
	expect(t, tl, "S1", "S2", "S1")
	correct(t, d, Correction{Action: Undo})
	correct(t, d, Correction{Action: Undo})
	expect(t, tl, "S1", "S2", "S1")
}

func TestGiveRefuses(t *testing.T) {
	d, tl, _ := spoken(t)
	decide(t, d, online.Event{Kind: online.TurnStarted, At: 50000, Turn: online.Turn{ID: 4, Speaker: 1, Start: 48000, End: 50000}})
	before := tl.Seq()
	for want, c := range map[string]Correction{
		"turn 8 is not one":                            {Action: Give, Turns: []int{1, 8}, Into: 2},
		"turn 4 has not ended":                         {Action: Give, Turns: []int{4}, Into: 2},
		"S9 is not a speaker":                          {Action: Give, Turns: []int{1}, Into: 9},
		"S8 is not a speaker":                          {Action: Split, Speaker: 8},
		"give of 0 turns: expected":                    {Action: Give},
		"turn 1 is not between 2 and 3 s":              {Action: Give, Turns: []int{1}, Into: 2, Start: 32000, End: 48000},
		"give from 2 to 0 s: expected times":           {Action: Give, Turns: []int{1}, Into: 2, Start: 32000},
		"give from 2 to 1 s: expected at least 0.05 s": {Action: Give, Turns: []int{1}, Into: 2, Start: 32000, End: 16000},
	} {
		if _, err := d.Correct(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, expected %s", c, err, want)
		}
	}
	if tl.Seq() != before {
		t.Error("a correction that was refused led to events")
	}
}

// stretches returns the turns of now, as "number start–end speaker".
func stretches(tl *event.Timeline) (all []string) {
	for _, t := range tl.Turns() {
		text := fmt.Sprintf("%d %g–%g %s", t.ID, t.Start.Seconds(), t.End.Seconds(), t.Speaker)
		if t.Of != 0 {
			text += fmt.Sprintf(" of %d", t.Of)
		}
		all = append(all, text)
	}
	return all
}

// A part of a turn is given to another speaker, and taken back. The clustering is told of
// the part. Its next turn has a different number for listeners. A turn by which it replaces
// this turn is cut in the same way.
func TestGivePart(t *testing.T) {
	d, tl, _ := spoken(t)
	var gifts []online.Gift
	d.opts.Give = func(g []online.Gift) { gifts = g }
	check := func(want ...string) {
		t.Helper()
		if got := stretches(tl); !slices.Equal(got, want) {
			t.Errorf("turns %q, want %q", got, want)
		}
	}
	correct(t, d, Correction{Action: Give, Turns: []int{3}, Into: 2, Start: 36000, End: 40000})
	check("1 0–1 S1", "2 1–2 S2", "3 2–2.25 S1", "4 2.25–2.5 S2 of 3", "5 2.5–3 S1 of 3")
	if want := []online.Gift{{Start: 36000, End: 40000, From: 1, Speaker: 2}}; !reflect.DeepEqual(gifts, want) {
		t.Errorf("the clustering was told %v, expected %v", gifts, want)
	}
	if turn, _ := tl.Turn(4); turn.Confidence != 1 || turn.State != event.Revised {
		t.Errorf("part %+v", turn)
	}
	decide(t, d, online.Event{Kind: online.TurnEnded, At: 70000, Turn: online.Turn{ID: 4, Speaker: 2, Start: 64000, End: 70400}})
	check("1 0–1 S1", "2 1–2 S2", "3 2–2.25 S1", "4 2.25–2.5 S2 of 3", "5 2.5–3 S1 of 3", "6 4–4.4 S2")
	// A part of a part goes to a new speaker, and the rest of the turn up to its end.
	correct(t, d, Correction{Action: Give, Turns: []int{4, 5}, Start: 38000, End: 47900})
	check("1 0–1 S1", "2 1–2 S2", "3 2–2.25 S1", "4 2.25–2.375 S2 of 3", "5 2.375–3 S3 of 3", "6 4–4.4 S2")
	correct(t, d, Correction{Action: Undo})
	// The clustering replaces the turn by two turns.
	decide(t, d, online.Event{Kind: online.TurnRevised, At: 80000, Turn: online.Turn{ID: 3, Speaker: 1, Start: 32000, End: 38400}})
	decide(t, d, online.Event{Kind: online.TurnEnded, At: 80000, Turn: online.Turn{ID: 5, Speaker: 1, Start: 38400, End: 48000}})
	check("1 0–1 S1", "2 1–2 S2", "3 2–2.25 S1", "4 2.25–2.4 S2 of 3", "7 2.4–2.5 S2", "8 2.5–3 S1 of 7", "6 4–4.4 S2")
	correct(t, d, Correction{Action: Undo})
	check("1 0–1 S1", "2 1–2 S2", "3 2–2.4 S1", "7 2.4–3 S1", "6 4–4.4 S2")
	if len(gifts) != 0 {
		t.Errorf("gifts %v are left", gifts)
	}
}

// However often parts are given and taken back, no number is used twice, and little is
// remembered of the parts.
func TestNumbersOfPartsAreBounded(t *testing.T) {
	d := NewDesk(Options{})
	last := 0
	next := func(n int) {
		t.Helper()
		if n <= last {
			t.Fatalf("number %d comes after %d", n, last)
		}
		last = n
	}
	for range 3 * mostShifts {
		d.newest++ // the clustering has another turn
		next(d.number(d.newest))
		next(d.reserve())
		next(d.reserve())
	}
	if len(d.shifts) > mostShifts {
		t.Errorf("%d shifts are kept", len(d.shifts))
	}
}
