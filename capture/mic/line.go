package mic

import (
	"sync/atomic"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/internal/mix"
	"github.com/seed-7adb9000/diarizer/capture/resample"
	"github.com/seed-7adb9000/diarizer/internal/dsp/clean"
)

const (
	// pause is the silence of a device after which sound may have been lost.
	pause = 150 * time.Millisecond
	// decide is how long the lag must not have improved before it counts as lost sound.
	decide = 1200 * time.Millisecond
	// better is the least change of the lag that counts as an improvement.
	better = 15 * time.Millisecond
	// backlog is how many samples have to come at once to count as sound that had piled up.
	backlog = capture.Rate / 4
	// noLag is the least lag before any arrival.
	noLag time.Duration = 1 << 62
	// apart is how many samples the position of a lost device stays behind the present, so
	// that there is room for the first sound of the next connection.
	apart = capture.Rate / 2
)

// line turns a device's frames into blocks whose positions follow the clock. It
// has no goroutine and no clock of its own.
//
// After a pause, it holds sound back until it knows the place of the sound. If the lag returns to its old
// value, nothing was lost. Otherwise, the sound that arrived at once, which had piled up until there was no
// more room, lies before the loss, and the rest lies behind it.
type line struct {
	emit    func(start int64, samples []float32)
	channel capture.Channel

	channels int
	rs       *resample.Resampler // nil at 16 kHz
	mixer    *mix.Mixer
	onMix    func(notes []string) // called with the notes of the mixer; may be nil
	told     int                  // notes that onMix was called with
	mono     []float32
	conv     []float32
	slip     *slipper
	slipped  []float32
	block    []float32 // the next block, not yet complete
	pos      int64     // of the first sample of block
	keeper   keeper

	latest  time.Time // arrival
	holding bool
	fresh   bool // holding the first sound of a connection
	rush    bool
	held    []float32
	best    time.Duration // least lag since holding
	bestAt  time.Time     // when the lag last improved

	gaps  int
	creep int64

	replaced atomic.Int64 // samples that were no sound
}

func newLine(channel capture.Channel, emit func(start int64, samples []float32)) *line {
	return &line{emit: emit, channel: channel, slip: newSlipper(), block: make([]float32, 0, capture.DefaultBlockSize)}
}

// connect begins with the frames of a newly opened device.
func (l *line) connect(rate, channels int) error {
	l.rs = nil
	if rate != capture.Rate {
		rs, err := resample.New(rate, capture.Rate)
		if err != nil {
			return err
		}
		l.rs = rs
	}
	l.channels, l.mixer, l.told = channels, mix.New(rate, channels), 0
	l.keeper.connect(rate, l.pos)
	if !l.keeper.origin.IsZero() {
		l.hold()
		l.fresh = true
	}
	return nil
}

// disconnect ends the connection of a device and passes on its sound.
func (l *line) disconnect() {
	if l.rs != nil {
		tail := l.rs.Flush(l.conv[:0])
		l.conv = tail
		if l.holding {
			l.held = append(l.held, tail...)
		} else {
			l.pass(tail)
		}
		l.rs = nil
	}
	if l.holding && l.best < noLag {
		// There is no time to decide. The least lag so far is the best guess.
		if lost := l.best - l.keeper.base; lost > longLoss {
			l.skip(lost)
		}
	}
	l.release()
	l.flush()
}

// lost passes on an empty block, as there is no sound up to about now.
func (l *line) lost(now time.Time) {
	if at := l.keeper.position(now) - apart; at > l.pos && !l.keeper.origin.IsZero() {
		l.pos = at
		l.gaps++
		l.emit(l.pos, nil)
	}
}

// take takes interleaved frames that were available at the given moment. Samples that are no sound become
// silence.
func (l *line) take(now time.Time, frames []float32) {
	if !l.holding && !l.latest.IsZero() && now.Sub(l.latest) > pause {
		l.hold()
	}
	l.latest = now
	lag := l.keeper.deliver(now, len(frames)/l.channels)
	x := l.convert(frames)
	if l.holding {
		l.held = append(l.held, x...)
		l.resolve(now, lag)
		return
	}
	l.pass(x)
	lost, creep := l.keeper.follow(now)
	if lost > 0 {
		l.skip(lost)
	}
	l.slip.dir = creep
}

func (l *line) hold() {
	l.holding, l.fresh, l.rush = true, false, false
	l.best, l.bestAt = noLag, time.Time{}
	l.held = l.held[:0]
}

// resolve decides the place of the held sound, once it can.
func (l *line) resolve(now time.Time, lag time.Duration) {
	k := &l.keeper
	k.observe(now)
	if lag <= k.base+longLoss {
		l.release()
		return
	}
	if lag < l.best-better {
		l.bestAt = now
		if l.rush = l.rush || len(l.held) >= backlog; l.rush && !l.fresh {
			l.pass(l.held)
			l.held = l.held[:0]
		}
	}
	l.best = min(l.best, lag)
	if now.Sub(l.bestAt) < decide {
		return
	}
	// The best lag may be that of piled-up sound, which is later than a single
	// arrival. Only the lags after it decide.
	if lost := k.lately(); lost > 0 {
		l.skip(lost)
		l.release()
	}
}

// release passes on the held sound.
func (l *line) release() {
	if l.holding {
		l.holding = false
		l.pass(l.held)
		l.held = l.held[:0]
	}
}

// skip makes a gap.
func (l *line) skip(lost time.Duration) {
	l.flush()
	l.pos += l.keeper.skip(lost)
	l.gaps++
}

// pass cuts sound into blocks.
func (l *line) pass(x []float32) {
	l.slipped = l.slip.push(l.slipped[:0], x)
	if n := int64(l.slip.take()); n != 0 {
		l.keeper.credit += n
		l.creep += n
	}
	l.cut(l.slipped)
}

// flush passes on the rest of the sound as a block.
func (l *line) flush() {
	l.slipped = l.slip.flush(l.slipped[:0])
	l.cut(l.slipped)
	l.send()
}

func (l *line) cut(x []float32) {
	for len(x) > 0 {
		n := min(len(x), cap(l.block)-len(l.block))
		l.block = append(l.block, x[:n]...)
		x = x[n:]
		if len(l.block) == cap(l.block) {
			l.send()
		}
	}
}

func (l *line) send() {
	if len(l.block) > 0 {
		l.emit(l.pos, l.block)
		l.pos += int64(len(l.block))
		l.block = l.block[:0]
	}
}

// convert makes frames one channel at 16 kHz.
func (l *line) convert(frames []float32) []float32 {
	l.replaced.Add(int64(clean.In(frames)))
	n := len(frames) / l.channels
	if cap(l.mono) < n {
		l.mono = make([]float32, n)
	}
	mono := l.mono[:n]
	switch c := int(l.channel) - 1; {
	case l.channels == 1:
		copy(mono, frames)
	case c >= 0:
		for i := range mono {
			mono[i] = frames[i*l.channels+c]
		}
	default:
		l.mixer.Mix(mono, frames)
		if n := l.mixer.News(); n > l.told && l.onMix != nil {
			l.told = n
			l.onMix(l.mixer.Notes())
		}
	}
	for i, v := range mono {
		mono[i] = max(-1, min(1, v))
	}
	if l.rs == nil {
		return mono
	}
	l.conv = l.rs.Push(l.conv[:0], mono)
	for i, v := range l.conv {
		l.conv[i] = max(-1, min(1, v)) // the filter overshoots on clipped sound
	}
	return l.conv
}
