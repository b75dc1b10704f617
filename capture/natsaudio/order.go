package natsaudio

import (
	"cmp"
	"slices"
	"time"
)

// A packet is lost once this much later sound, or this many later packets, have come. Senders keep fewer packets
// unacknowledged.
const (
	Window        = time.Second
	WindowPackets = 64
)

// order puts the packets of one session into the order of their numbers. It depends on the packets alone and on no
// clock.
type order struct {
	next uint64   // number that comes next
	held []Packet // later ones, by number
	last uint64   // number of the last packet that was handed on

	lost    uint64 // numbers given up
	dropped uint64 // packets that came twice or after they were given up
}

// had reports whether p has come already, or was given up.
func (o *order) had(p Packet) bool {
	return p.Seq < o.next || slices.ContainsFunc(o.held, func(h Packet) bool { return h.Seq == p.Seq })
}

// push takes an arriving packet and hands on the packets that are in order then.
func (o *order) push(p Packet, emit func(Packet)) {
	i, found := slices.BinarySearchFunc(o.held, p.Seq, func(h Packet, seq uint64) int { return cmp.Compare(h.Seq, seq) })
	if p.Seq < o.next || found {
		o.dropped++
		return
	}
	o.held = slices.Insert(o.held, i, p)
	o.release(emit)
	for len(o.held) > 0 && o.full() {
		o.skip()
		o.release(emit)
	}
}

// flush hands on all packets that are held.
func (o *order) flush(emit func(Packet)) {
	for len(o.held) > 0 {
		o.skip()
		o.release(emit)
	}
}

// skip gives up the numbers before the first packet that is held.
func (o *order) skip() {
	if o.last > 0 || o.held[0].Seq-o.next <= WindowPackets {
		// Otherwise, the reader joined in the middle and has lost nothing.
		o.lost += o.held[0].Seq - o.next
	}
	o.next = o.held[0].Seq
}

// release hands on the held packets up to the first missing number.
func (o *order) release(emit func(Packet)) {
	n := 0
	for ; n < len(o.held) && o.held[n].Seq == o.next; n++ {
		o.last, o.next = o.next, o.next+1
		emit(o.held[n])
	}
	o.held = slices.Delete(o.held, 0, n)
}

// full reports whether the packets before the first held one count as lost.
func (o *order) full() bool {
	end := o.held[0].Position
	for _, p := range o.held {
		end = max(end, p.after())
	}
	return len(o.held) >= WindowPackets ||
		end-o.held[0].Position >= samples(Window, o.held[0].Rate)
}
