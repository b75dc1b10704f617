package natsaudio

import (
	"cmp"
	"slices"
	"time"
)

// A packet is lost once so much later sound, or so many later packets, have
// come. Senders with unacknowledged packets under way keep them fewer.
const (
	Window        = time.Second
	WindowPackets = 64
)

// order puts the packets of one session into the order of their numbers. What it
// does depends on the packets alone and on no clock.
type order struct {
	next uint64   // number that comes next
	held []Packet // later ones, by number
	last uint64   // number of the last that was let through

	lost    uint64 // numbers given up
	dropped uint64 // packets that had come, or had been given up
}

// had reports whether p has come already, or was given up.
func (o *order) had(p Packet) bool {
	return p.Seq < o.next || slices.ContainsFunc(o.held, func(h Packet) bool { return h.Seq == p.Seq })
}

// push takes the next packet as it arrived and hands on those whose turn it is.
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

// flush hands on all that is held.
func (o *order) flush(emit func(Packet)) {
	for len(o.held) > 0 {
		o.skip()
		o.release(emit)
	}
}

// skip gives up the numbers before the first packet that is held.
func (o *order) skip() {
	if o.last > 0 || o.held[0].Seq-o.next <= WindowPackets {
		// Otherwise the reader came in the middle, and missed nothing.
		o.lost += o.held[0].Seq - o.next
	}
	o.next = o.held[0].Seq
}

// release hands on what is held without a hole.
func (o *order) release(emit func(Packet)) {
	n := 0
	for ; n < len(o.held) && o.held[n].Seq == o.next; n++ {
		o.last, o.next = o.next, o.next+1
		emit(o.held[n])
	}
	o.held = slices.Delete(o.held, 0, n)
}

// full reports whether the packets before the first that is held are lost.
func (o *order) full() bool {
	end := o.held[0].Position
	for _, p := range o.held {
		end = max(end, p.after())
	}
	return len(o.held) >= WindowPackets ||
		end-o.held[0].Position >= samples(Window, o.held[0].Rate)
}
