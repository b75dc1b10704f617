package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session"
)

// replayNATS diarizes the sound that comes on a NATS subject.
func replayNATS(cmd *cobra.Command, o diarizeFlags, r replayFlags) (err error) {
	speed, opts, err := r.sound.parse()
	switch {
	case err != nil:
		return err
	case opts.Raw != nil:
		return usage("--raw: expected it without --from-nats, whose packets say what they are")
	case opts.Channel == capture.Each:
		return usage("--channel each: expected mix or a number with --from-nats; send each channel as a stream of its own")
	case o.nats == "off":
		return usage("--nats off: expected a server with --from-nats")
	case r.idle < 0:
		return usage("--idle %v: expected a duration such as 30s", r.idle)
	}
	if !cmd.Flags().Changed("speed") {
		speed = capture.MaxSpeed // the sender paces the sound
	}
	files, err := o.check(cmd, false)
	if err != nil {
		return err
	}
	cfg, err := o.config()
	if err != nil {
		return err
	}
	out, err := o.open(cmd, files, cfg.Model)
	if err != nil {
		return err
	}
	out.live = true
	defer func() { err = out.close(cmd.Context(), err) }()

	id := recording{path: r.fromNATS, name: r.fromNATS, stream: event.Token(r.fromNATS)}
	if stream, ok := natsaudio.Stream(r.fromNATS); ok {
		id.name, id.stream = stream, event.Token(stream)
	}
	if cfg, err = o.given(cfg, id.name); err != nil {
		return err
	}
	src, err := natsaudio.Open(cmd.Context(), out.nc, r.fromNATS, natsaudio.Options{
		Channel: opts.Channel, Follow: r.follow, Idle: r.idle, OnWarning: out.warn,
	})
	if err != nil {
		return as(exitServer, fmt.Errorf("--from-nats: %w", err))
	}
	how := "as it comes"
	if src.Kept() {
		how = "as JetStream kept it"
	}
	out.say("listening to %s, %s\n", src.Subject(), how)
	if stream, ok := natsaudio.Stream(r.fromNATS); ok && out.server != nil {
		out.say("send sound there with: diarizer send --nats %s --stream %s FILE\n", out.server.URL(), stream)
	}
	err = out.run(cmd.Context(), capture.NewReplay(src, speed, nil), session.Options{
		Stream:   id.stream,
		Source:   event.Source{Name: id.name},
		Pipeline: cfg,
	}, 0)
	err = errors.Join(err, src.Close())
	if st := src.Stats(); st.Lost > 0 || st.Bad > 0 {
		out.warn(fmt.Errorf("%s: %s heard, %d lost, %s that could not be used", src.Subject(), count(int(st.Packets), "packet"), st.Lost, count(int(st.Bad), "message")))
	}
	return err
}
