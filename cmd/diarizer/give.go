package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	speech "github.com/seed-7adb9000/diarizer/internal/show/talk"
)

// newcomer stands for a new speaker where the command line expects a speaker.
const newcomer = "new"

// newGiveCommand makes "diarizer give".
func newGiveCommand() *cobra.Command {
	var o nameOptions
	var from string
	cmd := &cobra.Command{
		Use:   "give [flags] FILE|STREAM SPEAKER TIME...",
		Short: "Give turns, or parts of turns, to the speaker who said them",
		Long: `Give turns to the speaker who said them, where the program took them for another's.
TIME is a moment of a turn, in seconds or as 1:02:03: the whole turn becomes SPEAKER's.
With "new" in place of SPEAKER, a new speaker gets it. A range such as 01:12-01:15.5
gives what lies in it and nothing else: a part of a turn, or several turns and parts.
While a stream goes on, the clustering learns from the correction.` + aboutCorrections,
		Example: `  diarizer give standup Ada 01:12 02:30
  diarizer give standup Ada 01:12-01:15.5
  diarizer give meeting.rttm new 15.5 --out meeting.vtt`,
		Args: cobra.MinimumNArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			at, until, err := whenGiven(args[2:])
			if err != nil {
				return err
			}
			return o.correct(cmd, args[0], []wish{{action: correct.Give, speaker: from, into: args[1], at: at, until: until}})
		},
	}
	o.register(cmd)
	cmd.Flags().StringVar(&from, "from", "", "the speaker whose turns are given, where several speak at once")
	return cmd
}

// newSplitCommand makes "diarizer split".
func newSplitCommand() *cobra.Command {
	var o nameOptions
	cmd := &cobra.Command{
		Use:   "split [flags] STREAM SPEAKER",
		Short: "Say that a speaker is two people, during a meeting",
		Long: `Say during a meeting that the program took two people for one speaker. The program finds
the turns of the other voice, makes a new speaker of them, and tells the two apart from
then on. After the meeting, "diarizer give" gives turns to another speaker.` + aboutCorrections,
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

// whenGiven reads the times of give: moments of turns, or one range, whose beginning is
// the only moment and whose end is until. Without a range, until is 0.
func whenGiven(args []string) (at []event.Time, until event.Time, err error) {
	for _, arg := range args {
		begin, end, isRange := strings.Cut(arg, "-")
		t, err := moment(begin)
		if err == nil && isRange {
			until, err = moment(end)
		}
		switch {
		case err != nil:
			return nil, 0, err
		case isRange && len(args) > 1:
			return nil, 0, usage("%s: expected times, or one range such as 01:12-01:15.5", strings.Join(args, " "))
		case isRange && until < t:
			return nil, 0, usage("%s: the end lies before the beginning: expected a range such as 01:12-01:15.5", arg)
		case isRange && until-t < correct.LeastPart:
			return nil, 0, usage("%s: expected at least %v s", arg, correct.LeastPart.Seconds())
		}
		at = append(at, t)
	}
	return at, until, nil
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

// aimGift makes the correction of a wish to give turns: it finds the turns and the speaker
// who gets them.
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
	if w.until > 0 {
		c.Start, c.End = w.at[0], w.until
		c.Turns, err = turnsBetween(tl, c, from)
		return c, err
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

// turnsBetween finds the turns that overlap the range of a correction. They are those of
// the speaker from, or of every speaker but the one who gets them.
func turnsBetween(tl *event.Timeline, c correct.Correction, from event.Speaker) (turns []int, err error) {
	span := speech.Tenths(c.Start.Seconds()) + "–" + speech.Tenths(c.End.Seconds())
	var last event.Turn
	whose := "nobody's"
	for _, t := range tl.Between(c.Start, c.End) {
		switch {
		case t.Speaker == c.Into && c.Into != event.Unknown:
			whose = "nobody else's" // the speaker has it already
			continue
		case from != event.Unknown && t.Speaker != from:
			continue
		case last.ID != 0 && min(last.End, c.End)-t.Start >= correct.LeastPart:
			return nil, usage("%s: %s and %s speak there at once: expected --from with one of them", span, tl.Name(last.Speaker), tl.Name(t.Speaker))
		case min(t.End, c.End)-max(t.Start, c.Start) < correct.LeastPart:
			continue
		}
		turns, last = append(turns, t.ID), t
	}
	if len(turns) == 0 {
		return nil, usage("%s: %s turn is there", span, whose)
	}
	return turns, nil
}

// given says in words what a correction that gives turns has done.
func given(c correct.Correction, into string) string {
	if c.Into == event.Unknown {
		into = "somebody new"
	}
	if c.End > 0 {
		return fmt.Sprintf("%s–%s given to %s", speech.Tenths(c.Start.Seconds()), speech.Tenths(c.End.Seconds()), into)
	}
	return fmt.Sprintf("%s given to %s", count(len(c.Turns), "turn"), into)
}
