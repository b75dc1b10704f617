package pipeline

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/seed-7adb9000/diarizer/internal/state"
)

// ErrSnapshot is matched by every error about a snapshot that no stream can be
// made of.
var ErrSnapshot = errors.New("snapshot of a stream cannot be used")

// SnapshotVersion is the version of the snapshots that this program writes and
// reads. It rises when a stage keeps other things, or the same ones for another
// algorithm.
const SnapshotVersion = 12

// A snapshot is the magic, the version, the fingerprint of the configuration,
// the length of the state, all by length where they vary, the state, and the
// CRC-32C of everything before.
const (
	snapshotMagic = "DZSN"
	headerSize    = len(snapshotMagic) + 2 + fingerprintSize + 4
	sumSize       = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// AppendSnapshot appends the state of s to b: the stream that [RestoreStream]
// makes of it goes on to the same events, bit for bit. Between two pushes is the
// time to call it.
func (s *Stream) AppendSnapshot(b []byte) []byte {
	from := len(b)
	b = append(b, snapshotMagic...)
	b = binary.LittleEndian.AppendUint16(b, SnapshotVersion)
	b = append(b, s.fingerprint[:]...)
	b = append(b, 0, 0, 0, 0)
	b = state.Append(b, s.fields()...)
	binary.LittleEndian.PutUint32(b[from+headerSize-4:], uint32(len(b)-from-headerSize))
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[from:], castagnoli))
}

// RestoreStream returns a stream in the state that a snapshot holds. cfg must be
// that of the stream it was taken from. Errors match [ErrSnapshot], or are those
// of [NewStream].
func RestoreStream(cfg Config, snapshot []byte) (*Stream, error) {
	s, err := NewStream(cfg)
	if err != nil {
		return nil, err
	}
	bad := func(format string, args ...any) (*Stream, error) {
		return nil, fmt.Errorf("%w: "+format, append([]any{ErrSnapshot}, args...)...)
	}
	if len(snapshot) < headerSize+sumSize || string(snapshot[:len(snapshotMagic)]) != snapshotMagic {
		return bad("%d bytes that do not begin like one", len(snapshot))
	}
	head := snapshot[len(snapshotMagic):]
	if v := binary.LittleEndian.Uint16(head); v != SnapshotVersion {
		return bad("version %d, this program reads version %d", v, SnapshotVersion)
	}
	size := binary.LittleEndian.Uint32(head[2+fingerprintSize:])
	body := snapshot[headerSize : len(snapshot)-sumSize]
	if uint64(size) != uint64(len(body)) {
		return bad("%d bytes of state, %d were written: it is cut short or too long", len(body), size)
	}
	end := len(snapshot) - sumSize
	if sum := binary.LittleEndian.Uint32(snapshot[end:]); sum != crc32.Checksum(snapshot[:end], castagnoli) {
		return bad("its checksum is wrong: it is damaged")
	}
	if string(head[2:2+fingerprintSize]) != string(s.fingerprint[:]) {
		return bad("it was taken with another model or other settings")
	}
	if err := state.Restore(body, s.fields()...); err != nil {
		return bad("%w", err)
	}
	return s, nil
}

func (s *Stream) fields() []any {
	return []any{state.Struct(s.front, (*front).fields), state.Value(s.clu)}
}

func (f *front) fields() []any {
	list := []any{
		state.Value(f.ext), &f.spans, &f.pushed, &f.done, &f.replaced, &f.spoke,
		state.Slice(&f.decisions, decisionFields),
	}
	if f.det != nil {
		list = append(list, state.Value(f.det))
	}
	if f.second != nil {
		list = append(list, state.Struct(f.second, (*second).fields))
	}
	if f.cut != nil {
		list = append(list, state.Value(f.cut))
	}
	if f.given != nil {
		list = append(list, state.Value(f.given))
	}
	return list
}
