package natsaudio

import (
	"fmt"

	"github.com/seed-7adb9000/diarizer/capture"
)

// leapPackets is how many packets in a row must be further ahead than MaxGap before the sound goes on with them. A single one
// may be a mistake of the sender.
const leapPackets = 5

// leap counts the packets in a row that were refused because they are too far ahead, each of them where it can follow the
// one before. The zero value is for a packet that was not.
type leap struct {
	packets int
	end     int64 // of the last of them
}

// far records a packet that is too far ahead, and reports whether so many have come that the sender has gone on there.
func (l *leap) far(p Packet) bool {
	if ahead := p.Position - l.end; l.packets == 0 || ahead < 0 || ahead > samples(MaxGap, p.Rate) {
		l.packets = 0
	}
	l.packets++
	l.end = p.after()
	return l.packets >= leapPackets
}

// near returns an error for a packet that is too far ahead of the sound that was heard. If its sender has gone on there, it
// has the packet join the stream again at the end of that sound.
func (a *Assembler) near(p Packet, emit func(capture.Block)) error {
	heard := a.sound.pos
	if p.Position-heard <= samples(MaxGap, p.Rate) {
		a.leap = leap{}
		return nil
	}
	if p.End || !a.leap.far(p) {
		return fmt.Errorf("after %d, expected less than %v of lost sound", heard, MaxGap)
	}
	a.leap = leap{}
	a.sound.flush(a.emitter(emit))
	a.sound.began = false
	a.shift = a.pos - a.sound.output(p.Position)
	a.warn("leap", fmt.Errorf("session %s goes on at %s %d after %d: a gap of more than %v is left out", p.Session, HeaderPosition, p.Position, heard, MaxGap))
	return nil
}
