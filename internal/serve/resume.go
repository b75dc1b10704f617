package serve

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/state"
)

// snapshot returns the state of the follower, from which another process can go on. It is
// called between two messages.
func (f *follower) snapshot() []byte {
	b := binary.LittleEndian.AppendUint16(make([]byte, 0, f.snapshotSize), checkpointVersion)
	head := state.Append(nil, f.fields()...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(head)))
	b = f.stream.AppendSnapshot(append(b, head...))
	f.snapshotSize = len(b) + len(b)/8
	return b
}

// resume returns a follower in the state of a snapshot.
func resume(stream string, cfg pipeline.Config, sink eventSink, snapshot []byte) (*follower, error) {
	bad := func(format string, args ...any) (*follower, error) {
		return nil, fmt.Errorf("%w: "+format, append([]any{pipeline.ErrSnapshot}, args...)...)
	}
	if len(snapshot) < 6 {
		return bad("%d bytes", len(snapshot))
	}
	if v := binary.LittleEndian.Uint16(snapshot); v != checkpointVersion {
		return bad("version %d, this program reads version %d", v, checkpointVersion)
	}
	n := uint64(binary.LittleEndian.Uint32(snapshot[2:]))
	rest := snapshot[6:]
	if n > uint64(len(rest)) {
		return bad("cut short")
	}
	f, err := newFollower(stream, cfg, sink)
	if err != nil {
		return nil, err
	}
	if err := state.Restore(rest[:n], f.fields()...); err != nil {
		return bad("%w", err)
	}
	if f.enc.Stream != stream {
		return bad("it is of stream %q, not %q", f.enc.Stream, stream)
	}
	f.stream, err = pipeline.RestoreStream(cfg, rest[n:])
	return f, err
}

// belongs reports whether a resumed follower is of the run that the claim is about. A worker that
// dies between the end of a run and the removal of its checkpoint leaves one of an earlier run.
func (f *follower) belongs(c claim) bool {
	return f.number >= c.From && f.attempt == c.Attempt && !slices.Contains(c.Past, f.session)
}

// checkpointVersion is the version of the layout of the fields below.
const checkpointVersion = 5

func (f *follower) fields() []any {
	return []any{
		&f.enc.Stream, &f.enc.Run, &f.enc.Seq, &f.enc.Revision, state.Value(&f.wall), &f.number, &f.status, &f.attempt, &f.session,
		state.Value(f.asm), state.Value(f.desk), state.Value(&f.room), state.Value(&f.closed),
		state.Value(&f.succession.heard), &f.succession.next, &f.succession.from, &f.succession.waiting, &f.succession.dropped,
	}
}
