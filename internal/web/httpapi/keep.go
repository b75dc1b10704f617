package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/saved"
	"github.com/seed-7adb9000/diarizer/internal/web/record"
)

// Keeping says where live recordings are kept while they go on and for a while
// afterwards. The zero value keeps none.
type Keeping struct {
	// Dir is where; empty for nowhere.
	Dir saved.Dir
	// For is how long a recording that was interrupted or has ended can be gone on with.
	For time.Duration
	// Say is told what went wrong with it.
	Say func(error)
}

const (
	// keptEvery is the stream time between two snapshots: so long it takes at least until
	// what was heard is acknowledged.
	keptEvery = 10 * capture.Rate
	// mostKept bounds the recordings that are kept when they have ended.
	mostKept = 100
)

// rest is what is kept of a live recording besides the snapshot of its session.
type rest struct {
	// Name is that of the stream, How its howParameters.
	Name string `json:"name"`
	How  string `json:"how,omitempty"`
	// State is that of those who record; nil when the recording is over.
	State *record.State `json:"state,omitempty"`
	// Past is that of those who recorded when it ended.
	Past *record.State `json:"past,omitempty"`
}

// keeper keeps one live recording.
type keeper struct {
	a       *API
	s       *record.Session
	kept    saved.Session
	rest    rest
	begin   int64        // where its sound begins, in samples of the stream
	release func() error // of the lock
	failed  bool
}

// keep begins to keep a recording. The error is that of another process that has it. It
// returns nil where none is kept.
func (a *API) keep(s *record.Session, rec recorder) (*keeper, error) {
	if a.opts.Keeping.Dir == "" {
		return nil, nil
	}
	k := &keeper{a: a, s: s, rest: rest{Name: rec.name, How: rec.how}, begin: rec.begin, release: func() error { return nil }}
	release, err := a.opts.Keeping.Dir.Lock(s.Stream())
	for range 20 { // a name may be kept with it just now
		if !errors.Is(err, saved.ErrBusy) {
			break
		}
		time.Sleep(50 * time.Millisecond)
		release, err = a.opts.Keeping.Dir.Lock(s.Stream())
	}
	switch {
	case errors.Is(err, saved.ErrBusy):
		return nil, err
	case err == nil: // else it cannot be kept, which is said when it is tried
		k.release = release
	}
	if k.kept = (saved.Session{Stream: s.Stream()}); rec.from != nil {
		k.kept = *rec.from
	}
	k.save() // so that it can be gone on with from the beginning
	return k, nil
}

// options are those of a session that is kept.
func (k *keeper) options(rec recorder) *session.Keep {
	if k == nil {
		return nil
	}
	keep := &session.Keep{Every: keptEvery, Save: func(s session.Snapshot) {
		k.kept.Snapshot, k.kept.Names = s, nil // which has them
		k.save()
	}}
	if rec.from != nil && rec.from.Snapshot.Run != "" {
		keep.From, keep.Begin = &rec.from.Snapshot, max(rec.begin, rec.from.Snapshot.At)
		keep.Names = rec.from.Names
	}
	return keep
}

// save keeps the session and its recorders, and has acknowledged what that covers.
func (k *keeper) save() {
	state, covered := k.s.State(max(k.kept.Snapshot.At, k.begin))
	k.rest.State = &state
	err := k.write()
	if err == nil {
		k.failed = false
		covered()
		return
	}
	err = fmt.Errorf("stream %s cannot be kept: %w: until it can, a server that is killed loses the sound that it has acknowledged and not heard, and the recording cannot be gone on with", k.s.Stream(), err)
	k.s.Lapse(err.Error())
	if !k.failed {
		k.failed = true
		k.a.opts.Keeping.Say(err)
	}
}

func (k *keeper) write() (err error) {
	if k.kept.Rest, err = json.Marshal(k.rest); err != nil {
		return err
	}
	k.kept.Saved = time.Now().UTC().Round(time.Second)
	return k.a.opts.Keeping.Dir.Save(k.kept)
}

// end says that the recording is over: nobody comes back to it, but it can be gone on with.
func (k *keeper) end() {
	if k == nil {
		return
	}
	past := k.s.Past(max(k.kept.Snapshot.At, k.begin))
	k.rest.State, k.rest.Past = nil, &past
	if err := errors.Join(k.write(), k.release(), k.a.sweep()); err != nil && !k.failed {
		k.a.opts.Keeping.Say(fmt.Errorf("stream %s cannot be kept: %w", k.s.Stream(), err))
	}
}

// Named keeps a name that somebody was given when the recording was over, for when it is gone
// on with. Where nothing is kept of the stream, or somebody records it, it does nothing.
func (a *API) Named(stream string, speaker event.Speaker, name string) error {
	dir := a.opts.Keeping.Dir
	if dir == "" {
		return nil
	}
	release, err := dir.Lock(stream)
	if err != nil {
		return ignore(err, saved.ErrBusy) // it goes on, and is kept with its names
	}
	s, err := dir.Load(stream)
	if err == nil {
		if s.Names == nil {
			s.Names = map[event.Speaker]string{}
		}
		s.Names[speaker] = name
		err = dir.Save(s)
	}
	return errors.Join(ignore(err, saved.ErrNone), release())
}

// ignore is err unless it matches one that is none.
func ignore(err, none error) error {
	if errors.Is(err, none) {
		return nil
	}
	return err
}

// sweep removes what nobody goes on with any more.
func (a *API) sweep() error {
	k := a.opts.Keeping
	return errors.Join(k.Dir.Sweep(time.Now(), k.For), k.Dir.Limit(mostKept))
}

// Restore takes up the recordings that went on when a process before was killed. Their
// recorders have a minute to come back. Call it before anybody asks.
func (a *API) Restore() {
	if a.opts.Keeping.Dir == "" {
		return
	}
	say := a.opts.Keeping.Say
	if err := a.sweep(); err != nil {
		say(fmt.Errorf("old recordings cannot be removed: %w", err))
	}
	for _, stream := range a.opts.Keeping.Dir.Streams() {
		if err := a.restore(stream); err != nil {
			say(fmt.Errorf("stream %s was interrupted and cannot be gone on with: %w", stream, err))
		}
	}
}

func (a *API) restore(stream string) error {
	rec, rest, err := a.kept(stream)
	if err != nil || rest.State == nil {
		return err
	}
	release, err := a.opts.Keeping.Dir.Lock(stream)
	if errors.Is(err, saved.ErrBusy) {
		return nil // another server is at it
	}
	if err == nil {
		err = release() // hear takes it again
	}
	if err != nil {
		return err
	}
	s, err := a.sessions.Restore(stream, *rest.State, a.limits.Resume)
	if err != nil {
		return err
	}
	rec.begin = rest.State.Table.At
	src := s.Source()
	a.wg.Go(func() { a.hear(s, src, rec) })
	return nil
}
