package natsaudio

import (
	"fmt"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/state"
)

// Bounds of the packets that are kept of a session that may take over.
const (
	maxRival      = 2048 // packets
	maxRivalBytes = 4 << 20
)

// rival is a session that began while another session was heard and had no end mark yet. The rival takes over when
// the other session has been silent for TakeOver, by the times at which packets were stored or arrived. If these are
// not known, TakeOver of the rival's own sound counts, or its end mark. The packets of the rival are kept until then,
// and dropped when the other session sends again.
type rival struct {
	session string // empty if there is none
	packets []Packet
	bytes   int
}

func (r *rival) fields() []any {
	return []any{&r.session, state.Slice(&r.packets, (*Packet).fields), &r.bytes}
}

// contend takes a packet of another session than the one that is heard, and reports
// whether it takes over.
func (a *Assembler) contend(p Packet) bool {
	r := &a.rival
	if r.session == "" {
		r.session = p.Session
	}
	if p.Session != r.session || len(r.packets) == maxRival || r.bytes+len(p.Data) > maxRivalBytes {
		a.stats.Dropped++ // of a third session, or more than is kept, which becomes a gap
	} else {
		r.packets = append(r.packets, p)
		r.bytes += len(p.Data)
	}
	if !p.Stored.IsZero() && !a.spoke.IsZero() {
		return p.Stored.Sub(a.spoke) >= TakeOver
	}
	return p.Session == r.session && (p.End || p.after()-r.packets[0].Position >= samples(TakeOver, p.Rate))
}

// alone records sound of the session that is heard, and drops the packets that a rival has sent meanwhile.
func (a *Assembler) alone(stored time.Time) {
	a.spoke = stored
	if r := a.rival; r.session != "" {
		a.stats.Dropped += uint64(len(r.packets))
		a.warn("rival", fmt.Errorf("packets of session %s are dropped: session %s is heard, two senders use one subject", r.session, a.session))
		a.rival = rival{}
	}
}

// yield ends the session that is heard, and the rival takes over.
func (a *Assembler) yield(emit func(capture.Block)) (ended bool, err error) {
	if a.sound != nil && !a.opts.Follow {
		a.warn("session", fmt.Errorf("session %s began before the end of session %s, which is taken for over", a.rival.session, a.session))
		a.Finish(emit)
		return true, nil
	}
	a.close(emit)
	return a.succeed(emit)
}

// succeed begins to hear a rival that has waited for the end of another session.
func (a *Assembler) succeed(emit func(capture.Block)) (ended bool, err error) {
	packets := a.rival.packets
	a.rival = rival{}
	for _, p := range packets {
		if ended, err = a.Push(p, emit); ended || err != nil {
			return ended, err
		}
	}
	return a.ended, nil
}
