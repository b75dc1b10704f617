package tracks

import (
	"context"
	"errors"
	"io"
	"math"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
)

// Input is what one participant says, as it comes.
type Input struct {
	// Name is that of who speaks.
	Name string
	// Source is what is heard of it.
	Source capture.Source
	// Shift is where the source's position 0 is in the meeting, in samples.
	Shift int64
}

// Most is the most inputs of a room: each is compared with each.
const Most = 16

// chunk is how much of a meeting is heard at a time, in samples.
const chunk = 2 * hop

// ahead of what is heard an input is read so far, in samples.
const readAhead = capture.Rate / 2

// longPause is the shortest time without any sound that is passed over, in samples.
const longPause = 2 * capture.Rate

// Room is several inputs that are one meeting, as one source: what it yields is their
// mean. With [Room.Diarize] each is heard by itself, and what one microphone hears of
// another's speaker is told once.
type Room struct {
	inputs   []*input
	patience int64
	news     chan struct{}
	stop     context.CancelFunc
	gate     *gate
	pos      int64     // up to where the meeting was heard
	gated    int64     // up to where it has left the gate
	left     []leaving // what has left the gate and was not diarized

	every int64      // between two states that are handed on; 0 for none
	from  *roomState // that it goes on with, nil for a new meeting
}

// leaving is what leaves the gate at once, of every input.
type leaving struct {
	start  int64
	sounds [][]float32
}

var _ capture.Source = (*Room)(nil)

// NewRoom begins to read inputs, 1 to [Most]. One that is behind the others by more than
// patience is not waited for, such as a microphone that was unplugged; 0 is to wait for
// ever. Closing the room closes the sources.
func NewRoom(inputs []Input, patience time.Duration) *Room {
	ctx, stop := context.WithCancel(context.Background())
	r := &Room{patience: int64(patience) * capture.Rate / int64(time.Second), news: make(chan struct{}, 1), stop: stop,
		gate: newGate(len(inputs))}
	for _, in := range inputs {
		i := &input{Input: in, blocks: make(chan arrival, 16)}
		r.inputs = append(r.inputs, i)
		go i.read(ctx, r.news)
	}
	return r
}

// Next returns the mean of the inputs' next sound. Where none of them has any for long,
// the next block starts behind that.
func (r *Room) Next(ctx context.Context) (capture.Block, error) {
	for {
		for _, in := range r.inputs {
			if err := in.take(r.pos, max(readAhead, r.patience+2*chunk)); err != nil {
				return capture.Block{}, err
			}
		}
		if over, ready := r.state(); over {
			return capture.Block{}, io.EOF
		} else if ready {
			return r.hear(), nil
		}
		select {
		case <-r.news:
		case <-ctx.Done():
			return capture.Block{}, ctx.Err()
		}
	}
}

// state reports whether nothing comes any more, and whether the next chunk is known of
// every input that is waited for.
func (r *Room) state() (over, ready bool) {
	most, ended, left := int64(0), true, false
	for _, in := range r.inputs {
		most, ended, left = max(most, in.known), ended && in.ended, left || len(in.queue) > 0
	}
	if ended {
		return !left, left
	}
	for _, in := range r.inputs {
		if !in.ended && !r.late(in, most) && in.known < r.pos+chunk {
			return false, false
		}
	}
	return false, most >= r.pos+chunk
}

// late reports whether an input is not waited for any more, where it is known up to most
// what there is.
func (r *Room) late(in *input, most int64) bool { return r.patience > 0 && most-in.known > r.patience }

// hear hears the next chunk.
func (r *Room) hear() capture.Block {
	r.pass()
	b := capture.Block{Start: r.pos, Samples: make([]float32, chunk)}
	sounds := make([][]float32, len(r.inputs))
	for i, in := range r.inputs {
		sounds[i] = in.cut(r.pos, chunk)
		for n, x := range sounds[i] {
			b.Samples[n] += x / float32(len(r.inputs))
		}
	}
	r.pos += chunk
	hops := make([][]float32, len(sounds))
	for n := 0; n < chunk; n += hop {
		for i := range sounds {
			hops[i] = sounds[i][n : n+hop]
		}
		r.gate.push(hops, r.leave)
	}
	return b
}

// pass passes over a long time in which no input has any sound.
func (r *Room) pass() {
	next, most := int64(math.MaxInt64), int64(0)
	for _, in := range r.inputs {
		most = max(most, in.known)
	}
	for _, in := range r.inputs {
		switch {
		case len(in.queue) > 0:
			next = min(next, in.queue[0].Start)
		case !in.ended && !r.late(in, most):
			next = min(next, max(r.pos, in.known))
		}
	}
	if lost := next - r.pos; lost >= longPause {
		r.gate.flush(r.leave)
		r.pos += lost - lost%chunk
		r.gated = r.pos
	}
}

// leave keeps what leaves the gate for [Room.Diarize].
func (r *Room) leave(sounds [][]float32) {
	r.left = append(r.left, leaving{r.gated, sounds})
	r.gated += int64(len(sounds[0]))
}

// Leaked is how much of each input was somebody else's, by their order. It is called
// when the room is not read any more.
func (r *Room) Leaked() []time.Duration {
	var all []time.Duration
	for _, e := range r.gate.ears {
		all = append(all, capture.Duration(e.taken*hop))
	}
	return all
}

// Late is how much of each input came when the others had been waited for long enough,
// and is lost. It is called when the room is not read any more.
func (r *Room) Late() []time.Duration {
	var all []time.Duration
	for _, in := range r.inputs {
		all = append(all, capture.Duration(in.late))
	}
	return all
}

// Close closes the sources.
func (r *Room) Close() error {
	r.stop()
	var errs []error
	for _, in := range r.inputs {
		for range in.blocks { // until nobody reads it any more
		}
		errs = append(errs, in.Source.Close())
	}
	return errors.Join(errs...)
}
