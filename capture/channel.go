package capture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// Channel selects one channel of a recording, counted from 1, or all of them.
type Channel int

const (
	// Mix is the mean of all channels.
	Mix Channel = 0
	// Each is every channel as a stream of its own; see [OpenAll].
	Each Channel = -1
)

// ParseChannel reads "mix", "each", or a channel's number from 1 on.
func ParseChannel(s string) (Channel, error) {
	switch s {
	case "mix":
		return Mix, nil
	case "each":
		return Each, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > pcm.MaxChannels {
		return 0, fmt.Errorf("channel %q: expected mix, each, or a number from 1 on", s)
	}
	return Channel(n), nil
}

func (c Channel) String() string {
	switch c {
	case Mix:
		return "mix"
	case Each:
		return "each"
	}
	return strconv.Itoa(int(c))
}

// OpenAll opens a recording like [Open]. Where Options.Channel is Each it returns one
// Recording for each channel, and [Recording.Channel] tells which. The Recordings of a
// file are independent of each other. Those of a named pipe, which can be read only once,
// are as those of [OpenReaderAll].
func OpenAll(ctx context.Context, path string, opts Options) ([]*Recording, error) {
	if opts.Channel != Each {
		rec, err := Open(ctx, path, opts)
		if err != nil {
			return nil, err
		}
		return []*Recording{rec}, nil
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return openSplit(func(opts Options) (*Recording, error) { return Open(ctx, path, opts) }, opts)
	}
	opts.Channel = 1
	first, err := Open(ctx, path, opts)
	if err != nil {
		return nil, err
	}
	all := []*Recording{first}
	for len(all) < first.Format().Channels {
		opts.Channel++
		rec, err := Open(ctx, path, opts)
		if err != nil {
			for _, r := range all {
				r.Close()
			}
			return nil, err
		}
		all = append(all, rec)
	}
	return all, nil
}

// OpenReaderAll opens a stream like [OpenReader]. Where Options.Channel is Each it
// returns one Recording for each channel. The caller must read all of them at the same
// time, or close them: a Recording that is not read holds up the others after about
// splitAhead chunks.
func OpenReaderAll(ctx context.Context, r io.Reader, name string, opts Options) ([]*Recording, error) {
	if opts.Channel != Each {
		rec, err := OpenReader(ctx, r, name, opts)
		if err != nil {
			return nil, err
		}
		return []*Recording{rec}, nil
	}
	return openSplit(func(opts Options) (*Recording, error) { return OpenReader(ctx, r, name, opts) }, opts)
}

// openSplit opens a recording once and splits it into its channels.
func openSplit(open func(Options) (*Recording, error), opts Options) ([]*Recording, error) {
	opts.Channel = Mix
	whole, err := open(opts)
	if err != nil {
		return nil, err
	}
	return whole.split()
}

// splitAhead is how many chunks a channel may be ahead of the slowest.
const splitAhead = 64

// split makes a Recording of each channel of rec, which must not have been read.
func (rec *Recording) split() ([]*Recording, error) {
	s := &splitter{rec: rec, open: rec.format.Channels}
	var all []*Recording
	for c := range rec.format.Channels {
		t := &track{split: s, chunks: make(chan chunk, splitAhead), closed: make(chan struct{}), done: make(chan struct{}), format: rec.format}
		t.format.Channels = 1
		s.tracks = append(s.tracks, t)
		one := &Recording{name: rec.name, opts: rec.opts, wait: t, stop: func() {}, closer: t.close, channel: Channel(c + 1)}
		if err := one.prepare(t); err != nil {
			rec.Close()
			return nil, err
		}
		all = append(all, one)
	}
	go s.run()
	return all, nil
}

// A splitter reads one recording for the tracks of all its channels.
type splitter struct {
	rec    *Recording
	tracks []*track

	mu   sync.Mutex
	open int // tracks not closed
}

// run hands the channels to their tracks. It ends at the end of the recording, or when all tracks
// are closed.
func (s *splitter) run() {
	s.rec.wait.setContext(context.Background()) // Close ends a wait
	var err error
	for err == nil {
		var n int
		n, err = s.rec.dec.Read(s.rec.raw)
		if n == 0 {
			break
		}
		f := s.rec.dec.Format()
		for c, t := range s.tracks {
			ck := chunk{samples: make([]float32, n), format: f, gap: s.rec.dec.Gap()}
			ck.format.Channels = 1
			for i := range ck.samples {
				ck.samples[i] = s.rec.raw[i*f.Channels+min(c, f.Channels-1)]
			}
			select {
			case t.chunks <- ck:
			case <-t.closed:
			}
		}
	}
	for c, t := range s.tracks {
		t.err, t.warning, t.said = err, s.rec.dec.Warning(), s.rec.dec.notes(Channel(c+1))
		close(t.done)
		close(t.chunks)
	}
}

func (s *splitter) closeOne() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open--; s.open > 0 {
		return nil
	}
	return s.rec.Close()
}

// A track is one channel of a splitter, as a decoder.
type track struct {
	split  *splitter
	format pcm.Format
	chunks chan chunk
	ctx    context.Context
	rest   chunk
	gap    int64

	once   sync.Once
	closed chan struct{}

	done    chan struct{} // closed when the fields below are set
	err     error
	warning error
	said    []string
}

func (t *track) Format() pcm.Format             { return t.format }
func (t *track) Gap() int64                     { return t.gap }
func (t *track) setContext(ctx context.Context) { t.ctx = ctx }

func (t *track) Warning() error {
	select {
	case <-t.done:
		return t.warning
	default:
		return nil
	}
}

// notes are the notes about the channel.
func (t *track) notes(Channel) []string {
	select {
	case <-t.done:
		return t.said
	default:
		return nil
	}
}

func (t *track) Read(dst []float32) (int, error) {
	if len(t.rest.samples) == 0 {
		select {
		case c, ok := <-t.chunks:
			if !ok {
				return 0, t.err
			}
			t.rest = c
		case <-t.closed:
			return 0, errClosed
		case <-t.ctx.Done():
			return 0, t.ctx.Err()
		}
	}
	t.format, t.gap = t.rest.format, t.rest.gap
	n := copy(dst, t.rest.samples)
	t.rest.samples, t.rest.gap = t.rest.samples[n:], 0
	return n, nil
}

func (t *track) close() (err error) {
	t.once.Do(func() {
		close(t.closed)
		err = t.split.closeOne()
	})
	return err
}

var errClosed = errors.New("closed")
