package tui

import (
	"reflect"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/online"
)

// begin adds a run of a stream, with a speaker who has a turn.
func begin(t *testing.T, m tea.Model, stream, run string) {
	t.Helper()
	enc := event.Encoder{Stream: stream, Run: run}
	fill(t, m.(Model).feed, []event.Event{enc.Start(event.Source{Name: stream + " of " + run}),
		online.Encode(&enc, online.Event{Kind: online.SpeakerAdded, Speaker: 1}),
		online.Encode(&enc, online.Event{Kind: online.TurnEnded, At: 32000, Turn: online.Turn{ID: 1, Speaker: 1, Start: 16000, End: 32000, State: online.Final}})})
}

// A correction is about the run of which the user has chosen a speaker or a turn, whatever
// begins before the user is done. Until then the view stays with that run.
func TestCorrectsWhatWasChosen(t *testing.T) {
	give := correct.Correction{Action: correct.Give, Turns: []int{3}, Into: 2, Run: "r"}
	for name, c := range map[string]struct {
		before, after []string
		want          correct.Correction
	}{
		"name":  {[]string{"1", "n", "A"}, []string{"enter"}, correct.Correction{Action: correct.Rename, Speaker: 1, Name: "A", Run: "r"}},
		"merge": {[]string{"1", "m"}, []string{"down", "enter"}, correct.Correction{Action: correct.Merge, Speaker: 1, Into: 2, Run: "r"}},
		"give":  {[]string{"g"}, []string{"2"}, give},
	} {
		for _, other := range [][2]string{{"t", "r"}, {"s", "r2"}} {
			t.Run(name+" while "+strings.Join(other[:], " of ")+" begins", func(t *testing.T) {
				m, asked := corrected(t)
				m = do(m, c.before...)
				begin(t, m, other[0], other[1])
				m, _ = m.Update(tick{})
				if strings.Contains(m.View(), other[0]+" of "+other[1]) {
					t.Errorf("the view went on to what has begun:\n%s", m.View())
				}
				m = do(m, c.after...)
				// The desk behind the view is that of stream s, and refuses other streams.
				if len(*asked) != 1 || !reflect.DeepEqual((*asked)[0], c.want) || strings.Contains(foot(m), "stream t") {
					t.Errorf("asked %+v, want %+v: %s", *asked, c.want, foot(m))
				}
				if m, _ = m.Update(tick{}); !strings.Contains(m.View(), other[0]+" of "+other[1]) {
					t.Errorf("the view did not go on to what has begun:\n%s", m.View())
				}
			})
		}
	}
}

// A speaker of a run that is shown no more is not chosen any more.
func TestChoiceEndsWithItsRun(t *testing.T) {
	m, asked := corrected(t)
	m = do(m, "1")
	begin(t, m, "s", "r2")
	if m = do(m, "n", "A", "enter"); len(*asked) != 0 || strings.Contains(m.View(), "›") {
		t.Errorf("asked %+v:\n%s", *asked, m.View())
	}
}
