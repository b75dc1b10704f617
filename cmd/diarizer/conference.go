package main

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/tracks"
)

// checkNames checks the names of participants.
func checkNames(names []string) error {
	seen := map[string]bool{}
	for _, n := range names {
		switch {
		case strings.TrimSpace(n) == "":
			return usage("--names %q: a name is empty: expected one for everybody, such as Alice,Bob", strings.Join(names, ","))
		case seen[n]:
			return usage("--names %s: %s is there twice: expected everybody's own name", strings.Join(names, ","), n)
		}
		seen[n] = true
	}
	return nil
}

// alone refuses flags that make no sense for a meeting with a track for each participant.
func (o *diarizeFlags) alone() error {
	if o.speech != "" || o.utterances != "" || o.identify != "" {
		return usage("a track for each participant: expected it without --speech, --utterances and --identify")
	}
	return nil
}

// conference is one meeting that was recorded as several files or channels.
type conference struct {
	recording // whose name and stream are the meeting's
	paths     []string
	names     []string
	open      func(context.Context) ([]*capture.Recording, error) // one for every name
	speed     capture.Speed
	atEnd     bool // whether turns are printed only at the end
}

// run diarizes the meeting.
func (m conference) run(cmd *cobra.Command, o diarizeFlags) (err error) {
	if err := o.alone(); err != nil {
		return err
	}
	if len(m.names) > tracks.Most {
		return usage("%s: expected at most %d", count(len(m.names), "track"), tracks.Most)
	}
	files, err := o.check(cmd, false, m.paths...)
	if err != nil {
		return err
	}
	cfg, err := o.config()
	if err != nil {
		return err
	}
	sources, err := m.open(cmd.Context())
	if err != nil {
		return err
	}
	inputs := make([]tracks.Input, len(sources))
	var length time.Duration
	for i, src := range sources {
		inputs[i] = tracks.Input{Name: m.names[i], Source: src}
		d, _ := src.Duration()
		length = max(length, d)
	}
	room := tracks.NewRoom(inputs, 0)
	out, err := o.open(cmd, files, cfg.Model)
	if err != nil {
		return errors.Join(err, room.Close())
	}
	defer func() { err = out.close(cmd.Context(), err) }()
	if m.atEnd {
		out.printAtEnd()
	}
	err = out.run(cmd.Context(), capture.NewReplay(room, m.speed, nil), session.Options{
		Stream:   m.stream,
		Source:   event.Source{Name: m.name},
		Pipeline: cfg,
		Diarize:  room.Diarize,
		Called:   room.Name,
	}, length)
	err = errors.Join(err, room.Close())
	for _, src := range sources {
		if w := src.Warning(); w != nil {
			out.warn(w)
		}
	}
	out.sayLeaked(room, m.names)
	return err
}

// sayLeaked prints how much of each track was the voice of another participant.
func (o *output) sayLeaked(room *tracks.Room, names []string) {
	for i, d := range room.Leaked() {
		if d >= time.Second {
			o.say("%s: %v of speech that other microphones heard better is told once\n", names[i], d.Round(time.Second/10))
		}
	}
}

// openTracks opens the recording of every participant.
func openTracks(ctx context.Context, all []participant, opts capture.Options) (sources []*capture.Recording, err error) {
	for _, p := range all {
		src, err := capture.Open(ctx, p.path, opts)
		if err != nil {
			for _, s := range sources {
				err = errors.Join(err, s.Close())
			}
			return nil, err
		}
		sources = append(sources, src)
	}
	return sources, nil
}

// openChannels opens the channels of a recording. It is an error unless there is one name
// for each channel.
func openChannels(cmd *cobra.Command, path string, names []string, opts capture.Options) ([]*capture.Recording, error) {
	sources, err := openRecordings(cmd, path, opts)
	if err != nil || len(sources) == len(names) {
		return sources, err
	}
	err = usage("--names %s: %s for %s: expected a name for each channel of %s", strings.Join(names, ","),
		count(len(names), "name"), count(len(sources), "channel"), path)
	for _, src := range sources {
		if closed := src.Close(); closed != nil {
			err = cmp.Or(err, closed)
		}
	}
	return nil, err
}
