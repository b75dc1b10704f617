package tracks

import (
	"context"
	"errors"
	"io"
	"math"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
)

// Input is the microphone of one participant.
type Input struct {
	// Name is the name of the participant.
	Name string
	// Source is the sound of the microphone.
	Source capture.Source
	// Shift is the position in the meeting of the source's position 0, in samples.
	Shift int64
}

// Most is the greatest number of inputs of a room: every input is compared with every
// other.
const Most = 16

// chunk is the length of the meeting's blocks, in samples.
const chunk = 2 * hop

// readAhead is how far an input is read ahead of the meeting, in samples.
const readAhead = capture.Rate / 2

// longPause is the shortest time without any sound that becomes a gap, in samples.
const longPause = 2 * capture.Rate

// Room is one meeting made of several inputs. As a source it yields the mean of the inputs.
// With [Room.Diarize] each input is diarized by itself, without its crosstalk.
type Room struct {
	inputs   []*input
	patience int64
	news     chan struct{}
	stop     context.CancelFunc
	gate     *gate
	pos      int64     // end of the sound that was heard
	gated    int64     // end of the sound that has left the gate
	left     []leaving // sound that has left the gate and was not diarized yet

	every int64      // time between two states; 0 for no states
	from  *roomState // the state that it resumes from; nil for a new meeting
}

// leaving is the sound of every input that leaves the gate at once.
type leaving struct {
	start  int64
	sounds [][]float32
}

var _ capture.Source = (*Room)(nil)

// NewRoom begins to read inputs, 1 to [Most]. The room does not wait for an input that is
// behind the others by more than patience, such as an unplugged microphone. A patience of 0
// waits for ever. Closing the room closes the sources.
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

// Next returns the mean of the inputs' next sound. After a long time without sound in any
// input, the next block starts behind that time.
func (r *Room) Next(ctx context.Context) (capture.Block, error) {
	for {
		for _, in := range r.inputs {
			if err := in.receive(r.pos, max(readAhead, r.patience+2*chunk)); err != nil {
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

// state reports whether the meeting is over, and whether the next chunk of every input that
// is waited for has arrived.
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

// late reports whether the room has given up waiting for an input. most is the position up
// to which the input that is furthest ahead has arrived.
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

// pass skips a long time in which no input has any sound.
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

// Leaked is how much of each input was crosstalk, in the order of the inputs. Call it when
// nobody reads the room any more.
func (r *Room) Leaked() []time.Duration {
	var all []time.Duration
	for _, e := range r.gate.ears {
		all = append(all, capture.Duration(e.leaked*hop))
	}
	return all
}

// Late is how much of each input came too late and is lost, in the order of the inputs.
// Call it when nobody reads the room any more.
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
		for range in.blocks { // until its reader has ended
		}
		errs = append(errs, in.Source.Close())
	}
	return errors.Join(errs...)
}
