package main

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	speech "github.com/seed-7adb9000/diarizer/internal/show/talk"
)

// newcomer is who is somebody new, in place of a speaker.
const newcomer = "new"

// newGiveCommand makes "diarizer give".
func newGiveCommand() *cobra.Command {
	var o nameOptions
	var from string
	cmd := &cobra.Command{
		Use:   "give [flags] FILE|STREAM SPEAKER TIME...",
		Short: "Say whose turns are that were taken for another's",
		Long: `Say whose turns are that were taken for another's: what was said at each TIME, in
seconds or as 1:02:03, is SPEAKER's, or with "new" somebody's who is new. Whole turns
are given. While a stream goes on, the clustering goes by it from then on.` + aboutCorrections,
		Example: `  diarizer give standup Ada 01:12 02:30
  diarizer give meeting.rttm new 15.5 --out meeting.vtt`,
		Args: cobra.MinimumNArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			w := wish{action: correct.Give, speaker: from, into: args[1]}
			for _, arg := range args[2:] {
				at, err := moment(arg)
				if err != nil {
					return err
				}
				w.at = append(w.at, at)
			}
			return o.correct(cmd, args[0], []wish{w})
		},
	}
	o.register(cmd)
	cmd.Flags().StringVar(&from, "from", "", "whose turns they were, where several speak at once")
	return cmd
}

// newSplitCommand makes "diarizer split".
func newSplitCommand() *cobra.Command {
	var o nameOptions
	cmd := &cobra.Command{
		Use:   "split [flags] STREAM SPEAKER",
		Short: "Say that a speaker is two people, during a meeting",
		Long: `Say that a speaker is two people, who were taken for one, during a meeting. The program
finds what of it is another voice's, who becomes somebody new, and goes by it from then
on. When the meeting is over, give the turns that are somebody else's.` + aboutCorrections,
		Example: `  diarizer split standup S1
  diarizer split --nats nats://bus:4222 standup Ada`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.correct(cmd, args[0], []wish{{action: correct.Split, speaker: args[1]}})
		},
	}
	o.register(cmd)
	return cmd
}

// moment reads a time: seconds, or minutes and hours before them with colons.
func moment(text string) (event.Time, error) {
	var seconds float64
	parts := strings.Split(text, ":")
	for i, p := range parts {
		v, err := strconv.ParseFloat(p, 64)
		if err != nil || !(v >= 0) || len(parts) > 3 || i > 0 && v >= 60 || i < len(parts)-1 && v != math.Trunc(v) {
			return 0, usage("time %q: expected seconds, or 01:12, or 1:02:03", text)
		}
		seconds = 60*seconds + v
	}
	const most = 1e8 // seconds
	if seconds > most {
		return 0, usage("time %q: expected a time of the stream", text)
	}
	return event.Time(math.Round(seconds * event.Rate)), nil
}

// aimGift finds the turns of a wish, and whose they are to be.
func aimGift(w wish, tl *event.Timeline) (c correct.Correction, err error) {
	c = correct.Correction{Action: correct.Give, Run: tl.Run()}
	if w.into != newcomer {
		if c.Into, err = speakerOf(tl, w.into); err != nil {
			return c, err
		}
	}
	from := event.Unknown
	if w.speaker != "" {
		if from, err = speakerOf(tl, w.speaker); err != nil {
			return c, err
		}
	}
	for _, at := range w.at {
		var found []event.Turn
		for _, t := range tl.Between(at, at+1) {
			if from == event.Unknown || t.Speaker == from {
				found = append(found, t)
			}
		}
		switch clock := speech.Clock(at.Seconds()); {
		case len(found) == 0:
			return c, usage("%s: nobody's turn is there", clock)
		case len(found) > 1:
			return c, usage("%s: %s and %s speak there: expected --from with one of them", clock, tl.Name(found[0].Speaker), tl.Name(found[1].Speaker))
		}
		c.Turns = append(c.Turns, found[0].ID)
	}
	return c, nil
}

// giveLines gives turns of the recording of tl to somebody else in the lines of an RTTM
// file.
func giveLines(data []byte, tl *event.Timeline, c correct.Correction) []byte {
	to := word(tl.Name(c.Into))
	for n := 1; c.Into == event.Unknown; n++ {
		to = event.Speaker(n).String()
		if _, err := speakerOf(tl, to); err != nil {
			break
		}
	}
	file := word(tl.Source().Name)
	var out bytes.Buffer
	for line := range bytes.Lines(data) {
		fields := bytes.Fields(line)
		if len(fields) > 7 && string(fields[0]) == "SPEAKER" && string(fields[1]) == file && gives(fields, tl, c.Turns) {
			fields[7] = []byte(to)
			line = append(bytes.Join(fields, []byte(" ")), '\n')
		}
		out.Write(line)
	}
	return out.Bytes()
}

// gives reports whether the fields of a line are those of one of some turns.
func gives(fields [][]byte, tl *event.Timeline, turns []int) bool {
	start, err := strconv.ParseFloat(string(fields[3]), 64)
	length, errLength := strconv.ParseFloat(string(fields[4]), 64)
	if err != nil || errLength != nil {
		return false
	}
	const near = 1e-3 // seconds
	for _, id := range turns {
		t, _ := tl.Turn(id)
		if math.Abs(t.Start.Seconds()-start) < near && math.Abs((t.End-t.Start).Seconds()-length) < near && string(fields[7]) == word(tl.Name(t.Speaker)) {
			return true
		}
	}
	return false
}

// given is what giving turns has done, in words.
func given(c correct.Correction, into string) string {
	if c.Into == event.Unknown {
		into = "somebody new"
	}
	return fmt.Sprintf("%s given to %s", count(len(c.Turns), "turn"), into)
}
