package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/show/export"
)

// wish is a correction as a person types it, with speakers by id or by name.
type wish struct {
	action  correct.Action
	speaker string
	into    string
	name    string
	text    string       // of a mark
	at      []event.Time // moments of the turns that are given, or the beginning of a range
	until   event.Time   // end of the range, 0 where whole turns are given
}

// nameOptions are the flags of name, merge and undo.
type nameOptions struct {
	url       string
	nats      natsFlags
	recording string
	results   resultFlags
}

func (o *nameOptions) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.url, "nats", nats.DefaultURL, "URL of the NATS server that keeps the stream")
	o.nats.register(f)
	f.StringVar(&o.recording, "recording", "", "correct this `recording` or stream of several in a file")
	o.results.register(f)
	cmd.MarkFlagsMutuallyExclusive("nats", "nats-context")
}

// aboutCorrections is a part of the help of every command that corrects.
const aboutCorrections = `

FILE is an RTTM file, or events as lines of JSON. An RTTM file is written again, and the
file from before is kept as FILE.1 unless --force is given; to events, events are added.
STREAM is a stream that a NATS server keeps. While it goes on, the program that diarizes
it makes the correction. When it is over, the correction is published behind its end, for
everybody who reads the stream. --out writes the corrected turns.`

// newNameCommand makes "diarizer name".
func newNameCommand() *cobra.Command {
	var o nameOptions
	cmd := &cobra.Command{
		Use:   "name [flags] FILE|STREAM SPEAKER=NAME...",
		Short: "Say what speakers are called, during a meeting or after it",
		Long: `Say what speakers are called, during a meeting or after it. SPEAKER is S1, S2 and so
on, or the name that the speaker has now. Without NAME, as in Ada=, the speaker is called
S1 again.` + aboutCorrections,
		Example: `  diarizer name meeting.rttm S1=Ada "S2=Grace Hopper" --out meeting.vtt
  diarizer name --nats nats://bus:4222 standup S1=Ada
  diarizer name standup Ada=`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			var wishes []wish
			for _, arg := range args[1:] {
				speaker, name, ok := strings.Cut(arg, "=")
				if !ok || strings.TrimSpace(speaker) == "" {
					return usage("%q: expected SPEAKER=NAME, such as S1=Ada", arg)
				}
				wishes = append(wishes, wish{action: correct.Rename, speaker: strings.TrimSpace(speaker), name: strings.TrimSpace(name)})
			}
			return o.correct(cmd, args[0], wishes)
		},
	}
	o.register(cmd)
	return cmd
}

// newMergeCommand makes "diarizer merge".
func newMergeCommand() *cobra.Command {
	var o nameOptions
	cmd := &cobra.Command{
		Use:   "merge [flags] FILE|STREAM SPEAKER INTO",
		Short: "Say that two speakers are one person",
		Long:  `Say that two speakers are one person: what SPEAKER said was said by INTO.` + aboutCorrections,
		Example: `  diarizer merge meeting.rttm S3 S1
  diarizer merge --nats nats://bus:4222 standup S3 Ada`,
		Args: cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.correct(cmd, args[0], []wish{{action: correct.Merge, speaker: args[1], into: args[2]}})
		},
	}
	o.register(cmd)
	return cmd
}

// newUndoCommand makes "diarizer undo".
func newUndoCommand() *cobra.Command {
	var o nameOptions
	cmd := &cobra.Command{
		Use:   "undo [flags] FILE|STREAM",
		Short: "Take back the last correction of a stream",
		Long: `Take the last correction of a stream back; the next undo takes the one before it. After
the end of a stream, only corrections made after its end can be taken back. An RTTM file
does not say what was corrected: the file from before is beside it as FILE.1.`,
		Example: `  diarizer undo standup
  diarizer undo meeting.jsonl --out meeting.vtt`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.correct(cmd, args[0], []wish{{action: correct.Undo}})
		},
	}
	o.register(cmd)
	return cmd
}

// newMarkCommand makes "diarizer mark".
func newMarkCommand() *cobra.Command {
	var o nameOptions
	cmd := &cobra.Command{
		Use:   "mark [flags] STREAM|FILE.jsonl [NOTE]",
		Short: "Mark this moment of a meeting, with a note",
		Long: `Mark this moment of a meeting, with a note. Everybody who watches sees the mark. It is in
the transcript and among the marks of a .json file. In a stream that is over, it marks the
end. A mark cannot be taken back.`,
		Example: `  diarizer mark standup "decided: ship it"
  diarizer mark --nats nats://bus:4222 standup`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			w := wish{action: correct.Mark}
			if len(args) > 1 {
				w.text = strings.TrimSpace(args[1])
			}
			return o.correct(cmd, args[0], []wish{w})
		},
	}
	o.register(cmd)
	return cmd
}

// correct corrects the file target, or the stream target where there is no such file.
func (o *nameOptions) correct(cmd *cobra.Command, target string, wishes []wish) error {
	info, err := os.Stat(target)
	switch {
	case err == nil && info.IsDir():
		return as(exitInput, fmt.Errorf("%s is a directory: expected an RTTM file, events as lines of JSON, or a stream", target))
	case err == nil:
		return o.correctFile(cmd, target, wishes)
	case event.ValidToken(target):
		return o.correctStream(cmd, target, wishes)
	case filepath.Ext(target) != "" || strings.ContainsRune(target, filepath.Separator):
		return err
	}
	return as(exitUsage, event.CheckStream(target))
}

// outputs adds the files of --out.
func (o *nameOptions) outputs(files *results) error {
	if err := files.out("--out", o.results.out, false); err != nil {
		return err
	}
	if len(files.events) > 0 {
		return usage("--out %s: expected a name that ends in %s; events are where they were", files.events[0].Path(), export.Endings())
	}
	return nil
}

// aim makes a correction of a wish. The speakers are those of the timeline.
func aim(w wish, tl *event.Timeline) (c correct.Correction, err error) {
	c = correct.Correction{Action: w.action, Name: w.name, Run: tl.Run()}
	if w.action == correct.Undo || w.action == correct.Mark {
		c.Text = w.text
		return c, nil
	}
	if w.action == correct.Give {
		return aimGift(w, tl)
	}
	if c.Speaker, err = speakerOf(tl, w.speaker); err != nil {
		return c, err
	}
	if w.action == correct.Merge {
		c.Into, err = speakerOf(tl, w.into)
	}
	return c, err
}

// spelled says in words what a correction has done. tl is the timeline before it.
func spelled(c correct.Correction, tl *event.Timeline) string {
	who := func(s event.Speaker) string {
		if name := tl.Name(s); name != s.String() {
			return fmt.Sprintf("%s (%s)", s, name)
		}
		return s.String()
	}
	switch {
	case c.Action == correct.Undo:
		return "the last correction is taken back"
	case c.Action == correct.Mark:
		return "marked"
	case c.Action == correct.Give:
		return given(c, who(c.Into))
	case c.Action == correct.Split:
		return fmt.Sprintf("%s is two people", who(c.Speaker))
	case c.Action == correct.Merge:
		return fmt.Sprintf("%s was %s all along", who(c.Speaker), who(c.Into))
	case c.Name == "":
		return fmt.Sprintf("%s has no name any more", c.Speaker)
	}
	return fmt.Sprintf("%s is %s", who(c.Speaker), c.Name)
}
