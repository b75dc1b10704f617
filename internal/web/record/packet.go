package record

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
)

// ErrPacket is wrapped by the errors for data that is no packet.
var ErrPacket = errors.New("no packet of sound")

// HeaderSize is the length of the header before a numbered packet's sound, in bytes: the
// packet's number and its position, 64 bits each, little-endian.
const HeaderSize = 16

// MaxMessage is the length of the longest message with a packet, in bytes.
const MaxMessage = HeaderSize + natsaudio.MaxPayload

// Packet is a piece of sound.
type Packet struct {
	// Seq numbers the packets of a recording: 1, 2, 3 and so on.
	Seq uint64
	// Position is the position of the first sample, in samples of the format's rate
	// since the recording began. A position beyond the end of the packet before it
	// says that the recorder had no sound in between.
	Position int64
	// Data is the sound, in the format's encoding.
	Data []byte
}

// ParsePacket reads a numbered packet. Its Data is a part of message.
func ParsePacket(message []byte) (Packet, error) {
	if len(message) <= HeaderSize {
		return Packet{}, fmt.Errorf("%w: a message of %d bytes, expected a header of %d and sound", ErrPacket, len(message), HeaderSize)
	}
	p := Packet{
		Seq:      binary.LittleEndian.Uint64(message),
		Position: int64(binary.LittleEndian.Uint64(message[8:])),
		Data:     message[HeaderSize:],
	}
	switch {
	case p.Seq == 0 || p.Seq > maxSeq:
		return Packet{}, fmt.Errorf("%w: number %d, expected 1 to %d", ErrPacket, p.Seq, uint64(maxSeq))
	case p.Position < -maxWarmUp:
		return Packet{}, fmt.Errorf("%w: position %d, expected at least %d", ErrPacket, p.Position, -maxWarmUp)
	case len(p.Data) > natsaudio.MaxPayload:
		return Packet{}, fmt.Errorf("%w: %d bytes of sound, expected at most %d", ErrPacket, len(p.Data), natsaudio.MaxPayload)
	}
	return p, nil
}

// maxSeq is the greatest integer that every language represents exactly.
const maxSeq = 1<<53 - 1

// maxWarmUp is how many samples before 0 a recording of Opus packets may begin, to warm the
// decoder up.
const maxWarmUp = 1 << 16

// Append appends the packet in the form that ParsePacket reads.
func (p Packet) Append(message []byte) []byte {
	message = binary.LittleEndian.AppendUint64(message, p.Seq)
	message = binary.LittleEndian.AppendUint64(message, uint64(p.Position))
	return append(message, p.Data...)
}
