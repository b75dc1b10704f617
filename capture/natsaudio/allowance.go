package natsaudio

import "github.com/seed-7adb9000/diarizer/capture"

// A gap costs the receiver more work than the few samples of a short packet. A sender that skips silence makes
// at most one gap before each packet. So more gaps than one for every gapEvery of sound are a mistake, or an
// attempt to keep the receiver busy.
const (
	gapEvery   = capture.Rate / 200 // 5 ms, in samples at capture.Rate
	gapsInHand = 1000
)

// allowance counts how many more gaps of a stream are accepted. The zero value is for a new stream.
type allowance struct {
	used int64 // gaps, as the samples of sound that allow them
}

// pass records a packet, and reports whether the gap before it, if there is one, is accepted.
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
