package diarizer

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
)

// ErrSnapshot is matched by every error about a snapshot that no pipeline can be made of.
var ErrSnapshot = pipeline.ErrSnapshot

// A snapshot is the length of the numbering, its JSON, the CRC-32 of both, and the
// snapshot of the chain, which has a version and a checksum of its own.
const lengthSize, sumSize = 2, 4

// Snapshot returns the state of the pipeline. The pipeline that [Restore] makes from it,
// in this process or another, goes on to the same events. Call Snapshot between two
// blocks.
func (p *Pipeline) Snapshot() ([]byte, error) {
	switch {
	case p.broken != nil:
		return nil, p.broken
	case p.ended:
		return nil, ErrFlushed
	}
	numbering, err := json.Marshal(p.enc.State())
	if err != nil {
		return nil, err
	}
	b := binary.LittleEndian.AppendUint16(nil, uint16(len(numbering))) // two tokens and two numbers
	b = append(b, numbering...)
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return p.chain.AppendSnapshot(b), nil
}

// Restore returns a pipeline in the state that a snapshot holds. The model and the
// stages of cfg must be those of the pipeline that the snapshot was taken from;
// cfg.Stream is ignored. Errors match [ErrSnapshot], or are those of [New].
func Restore(cfg Config, snapshot []byte) (*Pipeline, error) {
	bad := func(found string) error { return fmt.Errorf("%w: %s", ErrSnapshot, found) }
	if len(snapshot) < lengthSize+sumSize {
		return nil, bad(fmt.Sprintf("%d bytes are too few", len(snapshot)))
	}
	end := lengthSize + int(binary.LittleEndian.Uint16(snapshot))
	if len(snapshot) < end+sumSize {
		return nil, bad(fmt.Sprintf("%d bytes, expected at least %d", len(snapshot), end+sumSize))
	}
	if binary.LittleEndian.Uint32(snapshot[end:]) != crc32.ChecksumIEEE(snapshot[:end]) {
		return nil, bad("the checksum of its numbering is wrong: it is damaged")
	}
	var numbering event.EncoderState
	if err := json.Unmarshal(snapshot[lengthSize:end], &numbering); err != nil {
		return nil, bad(err.Error())
	}
	enc := event.Encoder{Now: cfg.Now}
	if err := enc.Resume(numbering); err != nil {
		return nil, bad(err.Error())
	}
	stages, err := cfg.stages()
	if err != nil {
		return nil, err
	}
	chain, err := pipeline.RestoreStream(stages, snapshot[end+sumSize:])
	if err != nil {
		return nil, err
	}
	return &Pipeline{cfg: cfg, chain: chain, enc: enc}, nil
}
