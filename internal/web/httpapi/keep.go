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

// Keeping says where the server keeps live recordings, while they go on and for a while afterwards.
// The zero value keeps no recordings.
type Keeping struct {
	// Dir is the directory. If it is empty, no recordings are kept.
	Dir saved.Dir
	// For is how long a recording that was interrupted or has ended can be continued.
	For time.Duration
	// Say is called with the errors of keeping.
	Say func(error)
}

const (
	// keptEvery is the stream time between two snapshots. A recorder waits at least this long for
	// the acknowledgement of sound that was heard.
	keptEvery = 10 * capture.Rate
	// mostKept bounds the number of recordings that are kept after their end.
	mostKept = 100
)

// rest is the part of a live recording that is kept besides the snapshot of its session.
type rest struct {
	// Name is the name of the stream, and How its howParameters.
	Name string `json:"name"`
	How  string `json:"how,omitempty"`
	// State is the state of the recorders. It is nil when the recording is over.
	State *record.State `json:"state,omitempty"`
	// Past is the state of the recorders at the end of the recording.
	Past *record.State `json:"past,omitempty"`
}

// keeper keeps one live recording.
type keeper struct {
	a       *API
	s       *record.Session
	kept    saved.Session
	rest    rest
	begin   int64        // position at which its sound begins, in samples of the stream
	release func() error // releases the lock
	failed  bool
}

// keep begins to keep a recording. It fails if another process keeps the recording. It returns nil
// if this server keeps no recordings.
func (a *API) keep(s *record.Session, rec recorder) (*keeper, error) {
	if a.opts.Keeping.Dir == "" {
		return nil, nil
	}
	k := &keeper{a: a, s: s, rest: rest{Name: rec.name, How: rec.how}, begin: rec.begin, release: func() error { return nil }}
	release, err := a.opts.Keeping.Dir.Lock(s.Stream())
	for range 20 { // a name may just be kept with it
		if !errors.Is(err, saved.ErrBusy) {
			break
		}
		time.Sleep(50 * time.Millisecond)
		release, err = a.opts.Keeping.Dir.Lock(s.Stream())
	}
	switch {
	case errors.Is(err, saved.ErrBusy):
		return nil, err
	case err == nil: // otherwise it cannot be kept, and the first attempt says so
		k.release = release
	}
	if k.kept = (saved.Session{Stream: s.Stream()}); rec.from != nil {
		k.kept = *rec.from
	}
	k.save() // so that the recording can be resumed from its beginning
	return k, nil
}

// options returns the options of a session that is kept.
func (k *keeper) options(rec recorder) *session.Keep {
	if k == nil {
		return nil
	}
	keep := &session.Keep{Every: keptEvery, Save: func(s session.Snapshot) {
		k.kept.Snapshot, k.kept.Names = s, nil // the snapshot has the names
		k.save()
	}}
	if rec.from != nil && rec.from.Snapshot.Run != "" {
		keep.From, keep.Begin = &rec.from.Snapshot, max(rec.begin, rec.from.Snapshot.At)
		keep.Names = rec.from.Names
	}
	return keep
}

// save writes the session and its recorders to the disk, and then acknowledges the packets that the
// state covers.
func (k *keeper) save() {
	state, covered := k.s.State(max(k.kept.Snapshot.At, k.begin))
	k.rest.State = &state
	err := k.write()
	if err == nil {
		k.failed = false
		covered()
		return
	}
	err = fmt.Errorf("stream %s cannot be kept: %w: until it can, a server that is killed loses the sound that it has acknowledged and not heard, and the recording cannot be continued", k.s.Stream(), err)
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

// end says that the recording is over. Its recorders cannot come back, but the recording can be
// resumed.
func (k *keeper) end() {
	if k == nil {
		return
	}
	past := k.s.Past(max(k.kept.Snapshot.At, k.begin))
	k.rest.State, k.rest.Past = nil, &past
	err := k.a.learn(&k.kept)
	// A voice that was kept before the release, and after learn, is found by Taught.
	if err := errors.Join(err, k.write(), k.release(), k.a.Taught(k.s.Stream()), k.a.sweep()); err != nil && !k.failed {
		k.a.opts.Keeping.Say(fmt.Errorf("stream %s cannot be kept: %w", k.s.Stream(), err))
	}
}

// learn puts what files of voices have learnt of a recording into what is kept of it.
func (a *API) learn(s *saved.Session) (err error) {
	if a.opts.Learnt != nil {
		s.Learnt, err = a.opts.Learnt(s.Stream, s.Learnt)
	}
	return err
}

// Taught keeps what files of voices have learnt of a stream after the end of a recording, for a later
// resume. Taught does nothing if nothing of the stream is kept, or while somebody records it.
func (a *API) Taught(stream string) error {
	if a.opts.Learnt == nil {
		return nil
	}
	return a.change(stream, a.learn)
}

// Named keeps the name that a speaker got after the end of a recording, for a later resume. If name
// is the speaker's id, the name was taken away. Named does nothing if nothing of the stream is kept,
// or while somebody records it.
func (a *API) Named(stream string, speaker event.Speaker, name string) error {
	return a.change(stream, func(s *saved.Session) error {
		if s.Names == nil {
			s.Names = map[event.Speaker]string{}
		}
		switch was := s.Snapshot.Name(speaker); {
		case name == was:
			delete(s.Names, speaker)
		case name == speaker.String():
			s.Names[speaker] = ""
		default:
			s.Names[speaker] = name
		}
		return nil
	})
}

// change changes what is kept of a stream that nobody records.
func (a *API) change(stream string, what func(*saved.Session) error) error {
	dir := a.opts.Keeping.Dir
	if dir == "" {
		return nil
	}
	a.after.Lock() // otherwise one change takes another for a recording
	defer a.after.Unlock()
	release, err := dir.Lock(stream)
	if err != nil {
		return ignore(err, saved.ErrBusy) // the recording goes on, and keeps it at its end
	}
	s, err := dir.Load(stream)
	if err == nil {
		err = errors.Join(what(&s), dir.Save(s))
	}
	return errors.Join(ignore(err, saved.ErrNone), release())
}

// ignore returns err, or nil if err matches none.
func ignore(err, none error) error {
	if errors.Is(err, none) {
		return nil
	}
	return err
}

// sweep removes the recordings that are too old to be resumed.
func (a *API) sweep() error {
	k := a.opts.Keeping
	return errors.Join(k.Dir.Sweep(time.Now(), k.For), k.Dir.Limit(mostKept))
}

// Restore resumes the recordings that were going on when an earlier process was killed. Their
// recorders have a minute to come back. Call it before the first request.
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
			say(fmt.Errorf("stream %s was interrupted and cannot be continued: %w", stream, err))
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
		return nil // another server keeps it
	}
	if err == nil {
		err = release() // hear locks it again
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
