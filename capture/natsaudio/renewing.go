package natsaudio

import (
	"encoding/binary"
	"fmt"
	"iter"

	"github.com/seed-7adb9000/diarizer/capture/opus"
	"github.com/seed-7adb9000/diarizer/internal/state"
)

const (
	// renewEvery is the time in a session after which its decoder is replaced: 10 s.
	renewEvery = 10 * OpusRate
	// preRoll is how much earlier sound the new decoder is fed.
	preRoll = OpusRate / 2
	// Bounds of the packets that are kept, for senders whose positions stand still: in
	// bytes, of which an encoder at the highest bit rate needs two thirds, and in samples.
	maxFed   = 1 << 20
	maxSound = 2 * renewEvery
)

// renewing decodes the Opus packets of one session. The library does not give access to the decoder's state, so the
// state is saved as the packets that lead to it. To keep these few, the decoder is replaced every 10 s of the
// session. The new decoder is fed only the half second before that place, after which it is as good as one that has
// heard everything (RFC 7845, 4.6, asks for 80 ms). The places depend on the packets alone, so that every reader of a
// session comes to the same samples.
type renewing struct {
	channels int
	dec      *opus.PacketDecoder
	fed      []byte // the packets that dec was fed, each behind its length
	sound    int    // in fed, in samples
	stretch  int64  // of the session, counted in renewEvery
}

func newRenewing(channels int) (*renewing, error) {
	r := &renewing{channels: channels}
	return r, r.replay()
}

// decode returns the interleaved samples of the packet that comes next, valid
// until the next call.
func (r *renewing) decode(p Packet) ([]float32, error) {
	at := p.Position / renewEvery
	if at > r.stretch || len(r.fed)+len(p.Data) > maxFed || r.sound > maxSound {
		r.stretch = max(r.stretch, at)
		r.fed = append(r.fed[:0], lastOf(r.fed)...)
		if err := r.replay(); err != nil {
			return nil, err
		}
	}
	r.fed = binary.AppendUvarint(r.fed, uint64(len(p.Data)))
	r.fed = append(r.fed, p.Data...)
	r.sound += opus.Duration(p.Data)
	return r.dec.Decode(p.Data)
}

// replay makes a decoder of the packets in fed.
func (r *renewing) replay() (err error) {
	if r.dec, err = opus.NewPacketDecoder(r.channels); err != nil {
		return err
	}
	r.sound = 0
	for data := range packetsIn(r.fed) {
		r.sound += opus.Duration(data)
		_, _ = r.dec.Decode(data) // a packet that failed before fails again
	}
	return nil
}

// packetsIn yields the packets in fed, each with the bytes after it.
func packetsIn(fed []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(data, rest []byte) bool) {
		for len(fed) > 0 {
			n, k := binary.Uvarint(fed)
			if k <= 0 || n > uint64(len(fed)-k) {
				return
			}
			end := k + int(n)
			if !yield(fed[k:end], fed[end:]) {
				return
			}
			fed = fed[end:]
		}
	}
}

// lastOf is the end of fed, which a new decoder is fed.
func lastOf(fed []byte) []byte {
	sound := 0
	for data := range packetsIn(fed) {
		sound += opus.Duration(data)
	}
	for data, rest := range packetsIn(fed) {
		sound -= opus.Duration(data)
		if sound < preRoll && len(fed) <= maxFed/2 {
			return fed
		}
		fed = rest
	}
	return nil
}

// AppendBinary appends the state of r to b, and never fails.
func (r *renewing) AppendBinary(b []byte) ([]byte, error) { return state.Append(b, r.fields()...), nil }

// UnmarshalBinary gives a new r the state that AppendBinary wrote.
func (r *renewing) UnmarshalBinary(b []byte) error {
	if err := state.Restore(b, r.fields()...); err != nil {
		return err
	}
	rest := r.fed
	for _, rest = range packetsIn(r.fed) {
	}
	if len(rest) > 0 || len(r.fed) > 2*maxFed {
		return fmt.Errorf("%w: %d bytes, the last %d no packet", state.ErrState, len(r.fed), len(rest))
	}
	return r.replay()
}

func (r *renewing) fields() []any { return []any{&r.fed, &r.stretch} }
