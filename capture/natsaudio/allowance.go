package natsaudio

import "github.com/seed-7adb9000/diarizer/capture"

// A gap costs its receiver more than the few samples of a short packet do. A sender
// that skips silence makes a gap before each of its packets at most, so that gaps
// beyond one for every gapEvery of sound are no sender's but a mistake, or meant to
// keep the receiver busy.
const (
	gapEvery   = capture.Rate / 200 // 5 ms, in samples at capture.Rate
	gapsInHand = 1000
)

// allowance counts how many more gaps are believed of a stream. The zero value is
// that of a new one.
type allowance struct {
	used int64 // in samples of sound that a gap takes to be allowed
}

// pass takes note of a packet, and reports whether the gap before it, if there is
// one, is believed.
func (a *allowance) pass(p Packet, gap bool) bool {
	a.used = max(0, a.used-int64(p.Samples)*capture.Rate/int64(p.Rate))
	if !gap {
		return true
	}
	if a.used > (gapsInHand-1)*gapEvery {
		return false
	}
	a.used += gapEvery
	return true
}
