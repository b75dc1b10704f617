package correct

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

// What is one person's turn is given to another, to somebody new, and taken back.
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
	// The clustering comes to another turn in the same place.
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
		"turn 8 is not one":         {Action: Give, Turns: []int{1, 8}, Into: 2},
		"turn 4 has not ended":      {Action: Give, Turns: []int{4}, Into: 2},
		"S9 is not a speaker":       {Action: Give, Turns: []int{1}, Into: 9},
		"S8 is not a speaker":       {Action: Split, Speaker: 8},
		"give of 0 turns: expected": {Action: Give},
	} {
		if _, err := d.Correct(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, expected %s", c, err, want)
		}
	}
	if tl.Seq() != before {
		t.Error("a correction that was refused led to events")
	}
}
