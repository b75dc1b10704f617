package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/capture/opus"
	"github.com/seed-7adb9000/diarizer/event"
)

// sender is "diarizer send".
type sender struct {
	sound  soundFlags
	url    string
	nats   natsFlags
	stream string
	opus   bool

	cmd *cobra.Command
	bar *progress
	nc  *nats.Conn
}

// newSendCommand makes "diarizer send".
func newSendCommand() *cobra.Command {
	s := &sender{}
	cmd := &cobra.Command{
		Use:   "send [flags] FILE|-",
		Short: "Send a recording's sound over NATS as a device would",
		Long: `Send a recording's sound over NATS as a device would.

The sound goes to diarizer.audio.v1.STREAM in packets of 60 ms, 16 kHz mono, at the speed
of speech unless --speed gives another. "diarizer serve", "diarizer replay --from-nats" or
another reader of docs/ingest.md receives it. Where a JetStream stream keeps that subject,
packets that the server did not acknowledge are sent again.

With --opus the packets of an Ogg Opus file are sent as they are, which takes half
of the space, or a fifth where opusenc was told --framesize 60. Nothing is encoded here; make such a file with opusenc or ffmpeg.`,
		Example: `  diarizer send --nats nats://hub:4222 --stream room1 meeting.flac
  arecord -t raw -f S16_LE -r 16000 | diarizer send --stream room1 --raw s16le:16000:1 -
  diarizer send --opus --stream room1 meeting.opus`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s.cmd = cmd
			return s.run(args[0])
		},
	}
	f := cmd.Flags()
	s.sound.register(f)
	f.StringVar(&s.url, "nats", nats.DefaultURL, "URL of the NATS server")
	s.nats.register(f)
	cmd.MarkFlagsMutuallyExclusive("nats", "nats-context")
	f.StringVar(&s.stream, "stream", "", "id of the stream; by default that of the file's name, or stdin")
	f.BoolVar(&s.opus, "opus", false, "send the packets of an Ogg Opus file as they are")
	return cmd
}

// sendBlock is the length of a packet, 60 ms in samples. The headers are then an eighth of
// the packet, and the delay is too short to notice.
const sendBlock = 960

// reconnectBuffer is how many bytes are kept while the server is away: minutes of sound.
const reconnectBuffer = 8 << 20

func (s *sender) run(path string) error {
	speed, opts, err := s.sound.parse()
	if err != nil {
		return err
	}
	if s.opus && (opts.Raw != nil || opts.Channel != capture.Mix) {
		return usage("--opus: expected it without --raw and --channel, as nothing is decoded")
	}
	id := newRecording(path)
	if s.stream != "" {
		if err := event.CheckStream(s.stream); err != nil {
			return usage("--stream: %w", err)
		}
		id.stream = s.stream
	}
	s.bar = newProgress(s.cmd.ErrOrStderr(), false)
	defer s.bar.end()
	if s.opus {
		return s.packets(id, speed)
	}
	opts.BlockSize = sendBlock
	sources, err := openRecordings(s.cmd, path, opts)
	if err != nil {
		return err
	}
	if err := s.connect(); err != nil {
		for _, src := range sources {
			src.Close()
		}
		return err
	}
	defer s.nc.Close()
	g, ctx := errgroup.WithContext(s.cmd.Context())
	errs := make([]error, len(sources))
	for i, src := range sources {
		id := id
		if opts.Channel == capture.Each {
			id = id.channel(src.Channel())
		}
		g.Go(func() error {
			errs[i] = errors.Join(s.samples(ctx, id, src, speed), src.Close())
			return errs[i]
		})
	}
	first := g.Wait()
	return errors.Join(append([]error{first}, others(s.cmd.Context(), errs, first)...)...)
}

func (s *sender) connect() (err error) {
	s.nc, err = s.nats.connect(s.cmd.Context(), s.url, "diarizer send", s.warn, nats.ReconnectBufSize(reconnectBuffer))
	return err
}

func (s *sender) say(format string, args ...any) {
	_ = s.bar.print(func() error {
		_, err := fmt.Fprintf(s.cmd.ErrOrStderr(), format, args...)
		return err
	})
}

func (s *sender) warn(err error) { s.say("diarizer: %v\n", err) }

// begin starts a session and prints its subject.
func (s *sender) begin(ctx context.Context, id recording, format natsaudio.Format) (*natsaudio.Sender, error) {
	subject := natsaudio.Subject(id.stream)
	out, err := natsaudio.NewSender(ctx, s.nc, subject, format, natsaudio.SenderOptions{OnWarning: s.warn})
	if err != nil {
		return nil, err
	}
	how := "not kept: only those who listen now hear it"
	if out.Kept() {
		how = "kept by JetStream"
	}
	s.say("sending to %s, session %s, %s\n", subject, out.Session(), how)
	return out, nil
}

// endWithin bounds the wait for the server's acknowledgements at the end.
const endWithin = 30 * time.Second

// end ends a session, even after an interrupt.
func (s *sender) end(ctx context.Context, out *natsaudio.Sender, err error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
	defer cancel()
	return errors.Join(err, out.Close(ctx, -1))
}

// samples sends one stream of samples.
func (s *sender) samples(ctx context.Context, id recording, src *capture.Recording, speed capture.Speed) error {
	out, err := s.begin(ctx, id, natsaudio.Format{Encoding: natsaudio.S16, Rate: capture.Rate, Channels: 1})
	if err != nil {
		return err
	}
	length, _ := src.Duration()
	at := s.bar.stream(length)
	paced := capture.NewReplay(src, speed, nil)
	for err == nil {
		var b capture.Block
		if b, err = paced.Next(ctx); err == nil {
			err = out.Send(ctx, b.Start, len(b.Samples), natsaudio.AppendS16(nil, b.Samples))
			at(b.End())
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if w := src.Warning(); w != nil {
		s.warn(w)
	}
	return s.end(ctx, out, err)
}

// packets sends the packets of an Ogg Opus file.
func (s *sender) packets(id recording, speed capture.Speed) error {
	ctx := s.cmd.Context()
	file := s.cmd.InOrStdin()
	if id.path != "-" {
		f, err := os.Open(id.path)
		if err != nil {
			return err
		}
		defer f.Close()
		file = f
	}
	sound := interruptible(ctx, file)
	defer sound.Close()
	in, err := opus.NewPacketReader(sound)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return inputError("--opus: %s: expected an Ogg Opus file, which \"opusenc %s\" would make: %w", id.path, id.path, err)
	}
	if err := s.connect(); err != nil {
		return err
	}
	defer s.nc.Close()
	out, err := s.begin(ctx, id, natsaudio.Format{
		Encoding: natsaudio.Opus, Rate: natsaudio.OpusRate, Channels: in.Format().Channels, Gain: in.Gain(),
	})
	if err != nil {
		return err
	}
	at := s.bar.stream(0)
	pace := capture.NewPacer(speed, nil)
	for err == nil {
		var p opus.Packet
		if p, err = in.Next(); err != nil {
			break
		}
		end := (p.Position + int64(p.Samples)) * capture.Rate / natsaudio.OpusRate
		if err = pace.Wait(ctx, end); err == nil {
			err = out.Send(ctx, p.Position, p.Samples, p.Data)
			at(end)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if w := in.Warning(); w != nil {
		s.warn(fmt.Errorf("%s: %w", id.path, w))
	}
	return s.end(ctx, out, err)
}

// interruptible reads r until ctx is done, which ends a wait for a pipe that has stalled. The goroutine that reads r
// ends when the current Read of r returns.
func interruptible(ctx context.Context, r io.Reader) io.ReadCloser {
	out, in := io.Pipe()
	stop := context.AfterFunc(ctx, func() { _ = in.CloseWithError(ctx.Err()) }) // never fails
	go func() {
		defer stop()
		_, err := io.Copy(in, r)
		_ = in.CloseWithError(err) // never fails
	}()
	return out
}
