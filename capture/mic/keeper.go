package mic

import (
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
)

// How a keeper interprets the lag of a device behind the clock. A larger loss is detected sooner. A lag
// smaller than the smallest loss is corrected sample by sample.
const (
	lagLearned = 3 * time.Second        // time in which the usual lag is learned
	shortLoss  = 100 * time.Millisecond // a loss if it has lasted for shortSpan
	shortSpan  = 10                     // buckets
	longLoss   = 20 * time.Millisecond  // a loss if it has lasted for longSpan
	longSpan   = 100                    // buckets
	creepStart = 3 * time.Millisecond   // the error from which on it is corrected
	creepEnd   = time.Millisecond       // the error at which the correction ends
	hopeless   = -2 * time.Second       // the error from which on the clock starts again
)

// keeper compares the sound that a device delivered with the clock.
//
// The lag of an arrival is the time since the stream's origin less the length of the stream so far. It is
// the sum of the device's latency, which is constant, and of the delay of that arrival, which is never
// negative. So the keeper compares the least of many lags with the base, which is the least lag at the
// start.
type keeper struct {
	origin time.Time // when the first sample of the stream was delivered
	begun  time.Duration
	rate   int
	frames int64         // delivered by this connection
	credit int64         // samples at 16 kHz added to the delivered ones, less those removed
	base   time.Duration // the usual lag
	lags   window        // without credit
	creeps bool
}

// connect begins with a connection whose first frame will be at the given
// position of the stream.
func (k *keeper) connect(rate int, position int64) {
	k.rate, k.frames, k.credit, k.begun = rate, 0, 0, capture.Duration(position)
	k.lags.reset()
	k.creeps = false
}

// deliver counts frames and returns their lag.
func (k *keeper) deliver(now time.Time, frames int) (lag time.Duration) {
	k.frames += int64(frames)
	if k.origin.IsZero() {
		k.origin = now.Add(-k.length())
	}
	return k.raw(now) - capture.Duration(k.credit)
}

// raw is the lag without credit.
func (k *keeper) raw(now time.Time) time.Duration {
	return now.Sub(k.origin) - k.begun - k.length()
}

// length is how long the connection's frames last.
func (k *keeper) length() time.Duration {
	rate := int64(k.rate)
	return time.Duration(k.frames/rate)*time.Second + time.Duration(k.frames%rate)*time.Second/time.Duration(rate)
}

// observe records the lag of an arrival.
func (k *keeper) observe(now time.Time) {
	at, raw := now.Sub(k.origin), k.raw(now)
	if at < lagLearned {
		k.base = min(k.base, raw-capture.Duration(k.credit))
	}
	k.lags.add(at, raw)
}

// follow takes the lag of an arrival of a device that keeps delivering. It returns how much sound was lost,
// and if none was, whether a sample should be added (+1) or removed (-1).
func (k *keeper) follow(now time.Time) (lost time.Duration, creep int) {
	credit := capture.Duration(k.credit)
	k.observe(now)
	if m, ok := k.lags.min(shortSpan); ok && m-credit-k.base > shortLoss {
		return m - credit - k.base, 0
	}
	m, ok := k.lags.min(longSpan - 1)
	if !ok {
		return 0, 0
	}
	e := m - credit - k.base
	switch {
	case e > longLoss:
		return e, 0
	case e < hopeless:
		// The latency was much larger at the start, or the rate of the device is far
		// from what it says. The clock has to start again from here.
		k.base += e
		return 0, 0
	case e.Abs() > creepStart:
		k.creeps = true
	case e.Abs() < creepEnd:
		k.creeps = false
	}
	switch {
	case k.creeps && e > 0:
		return 0, 1
	case k.creeps:
		return 0, -1
	}
	return 0, 0
}

// lately is by how much the least lag of the last second is above the base. It is 0 if that is not known.
func (k *keeper) lately() time.Duration {
	m, ok := k.lags.min(shortSpan)
	if !ok {
		return 0
	}
	return max(0, m-capture.Duration(k.credit)-k.base)
}

// skip credits a loss and returns it in samples.
func (k *keeper) skip(lost time.Duration) int64 {
	n := samples(lost)
	k.credit += n
	k.lags.reset()
	return n
}

// position is the place in the stream of sound that arrives at the given moment.
func (k *keeper) position(now time.Time) int64 {
	return samples(now.Sub(k.origin) - k.base)
}

// samples is how many samples d lasts, rounded.
func samples(d time.Duration) int64 {
	const one = time.Second / capture.Rate
	if d < 0 {
		return -samples(-d)
	}
	return int64((d + one/2) / one)
}
