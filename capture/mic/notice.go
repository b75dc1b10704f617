package mic

import (
	"fmt"
	"time"
)

// NoticeKind is what a [Notice] tells.
type NoticeKind int

const (
	// Lost: the device failed or stalled and is being opened again.
	Lost NoticeKind = iota
	// Failed: an attempt to open it again failed; another one follows.
	Failed
	// Back: the device delivers again.
	Back
	// Overflowed: the listener is too slow and sound is being dropped.
	Overflowed
	// Mixed: a channel is turned over or left out of the mix, as Err says.
	Mixed
)

// Notice tells about a change of a device during the capture.
type Notice struct {
	Kind   NoticeKind
	Device string
	// Err is the reason of Lost and Failed, and the note of Mixed.
	Err error
	// Attempt counts the attempts to open the device again, from 1.
	Attempt int
	// Next is the pause before the next attempt, of Failed.
	Next time.Duration
	// Away is how long there was no sound, for Back.
	Away time.Duration
}

// String is the notice as one line for a person.
func (n Notice) String() string {
	switch n.Kind {
	case Lost:
		return fmt.Sprintf("microphone %q %v; trying to open it again", n.Device, n.Err)
	case Failed:
		return fmt.Sprintf("microphone %q: attempt %d: %v; next in %v", n.Device, n.Attempt, n.Err, n.Next)
	case Back:
		return fmt.Sprintf("microphone %q is back after %v", n.Device, n.Away.Round(100*time.Millisecond))
	case Overflowed:
		return fmt.Sprintf("microphone %q: the program cannot keep up, sound is being lost", n.Device)
	case Mixed:
		return fmt.Sprintf("microphone %q: %v", n.Device, n.Err)
	}
	return fmt.Sprintf("microphone %q: notice %d", n.Device, n.Kind)
}
