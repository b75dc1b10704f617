// Package saved keeps snapshots of sessions in files, one for each stream, so that an
// interrupted session can go on later.
package saved

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
)

// version is the version of the file format. Files of the version before it lack Made, and
// are read too.
const version = 2

// Lifetime is how long after its end a session can go on.
const Lifetime = 7 * 24 * time.Hour

// extension ends the name of a session's file.
const extension = ".session"

// The errors of [Dir.Load].
var (
	// ErrNone is matched by the error for a stream without a kept session.
	ErrNone = errors.New("no session is kept")
	// ErrDamaged is matched by the error for a file that cannot be used.
	ErrDamaged = errors.New("the kept session cannot be used")
)

// Session is the content of a session's file.
type Session struct {
	Stream   string           `json:"stream"`
	Snapshot session.Snapshot `json:"snapshot"`
	// Places are the microphones of the session, in the order of the snapshot, if there are
	// several.
	Places []Place `json:"places,omitempty"`
	// Names are those that people gave when it was over, empty where they took a name away.
	Names map[event.Speaker]string `json:"names,omitempty"`
	// Made are the corrections that people made when it was over, and after they gave Names.
	Made []correct.Made `json:"made,omitempty"`
	// Learnt are the voices that were learnt of the speakers when it was over.
	Learnt []Learnt `json:"learnt,omitempty"`
	// Rest is the state of the program that keeps the session, in the program's own form.
	Rest json.RawMessage `json:"rest,omitempty"`
	// Saved is when the file was written.
	Saved time.Time `json:"saved"`
}

// Place is a microphone of a session.
type Place struct {
	// Name is the person at the microphone, and Device is the name of the device.
	Name   string `json:"name"`
	Device string `json:"device"`
}

// Learnt is what a file of voices has learnt of a speaker.
type Learnt struct {
	Speaker event.Speaker `json:"speaker"`
	// File is the path of the file.
	File string `json:"file"`
	// Voice is the speech that was learnt, as package enroll writes it, encrypted where the file
	// is.
	Voice Voice `json:"voice"`
}

// Voice is a voice in the form of package enroll, in base64 in the session's file.
type Voice []byte

// UnmarshalJSON reads a voice. Earlier files of the same version have it as an object, and not
// in base64.
func (v *Voice) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("{")) {
		*v = bytes.Clone(data)
		return nil
	}
	return json.Unmarshal(data, (*[]byte)(v))
}

// Dir is the directory of the files.
type Dir string

// path is the file of a stream. A stream's id is a valid token and so a valid file name.
func (d Dir) path(stream string) string { return filepath.Join(string(d), stream+extension) }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Save writes a session, whole or not at all, in the place of the stream's earlier one.
// Only the user can read the file.
func (d Dir) Save(s Session) error {
	if err := event.CheckStream(s.Stream); err != nil {
		return err
	}
	body, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("session %s: %w", s.Stream, err)
	}
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(string(d), s.Stream+".*"+partial) // with mode 0600
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "diarizer-session %d %08x\n%s", version, crc32.Checksum(body, castagnoli), body)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), d.path(s.Stream))
	}
	if err == nil {
		return d.sync()
	}
	return errors.Join(err, os.Remove(f.Name()))
}

// sync makes the names of the files survive a loss of power.
func (d Dir) sync() error {
	f, err := os.Open(string(d))
	if err != nil {
		return err
	}
	_ = f.Sync() // Windows and some file systems cannot sync a directory, and need not
	return f.Close()
}

// partial ends the name of a file that is still being written.
const partial = ".partial"

// Load returns the session of a stream. Its error matches [ErrNone] or [ErrDamaged], or is
// an error of reading the file.
func (d Dir) Load(stream string) (s Session, err error) {
	if err := event.CheckStream(stream); err != nil {
		return s, err
	}
	path := d.path(stream)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("%w of %s in %s; there is %s", ErrNone, stream, d, d.list())
	}
	if err != nil {
		return s, err
	}
	bad := func(format string, args ...any) (Session, error) {
		return Session{}, fmt.Errorf("%s: %w: %s", path, ErrDamaged, fmt.Sprintf(format, args...))
	}
	head, body, _ := bytes.Cut(data, []byte("\n"))
	var v int
	var sum uint32
	if _, err := fmt.Sscanf(string(head), "diarizer-session %d %x", &v, &sum); err != nil {
		return bad("it does not begin like a session")
	}
	if v != version && v != version-1 {
		return bad("version %d, this program reads versions %d and %d", v, version-1, version)
	}
	if sum != crc32.Checksum(body, castagnoli) {
		return bad("its checksum is wrong: it is damaged")
	}
	if err := json.Unmarshal(body, &s); err != nil {
		return bad("%v", err)
	}
	if s.Stream != stream {
		return bad("it is of stream %q", s.Stream)
	}
	return s, nil
}

// Streams names the streams whose sessions are kept, in order.
func (d Dir) Streams() []string {
	entries, _ := os.ReadDir(string(d)) // no directory is an empty one
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), extension); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// list names the streams whose sessions are kept, in one line.
func (d Dir) list() string {
	if names := d.Streams(); len(names) > 0 {
		return strings.Join(names, ", ")
	}
	return "none"
}

// Limit removes the oldest sessions and leaves the given number. Sessions that are locked stay.
func (d Dir) Limit(most int) error {
	type file struct {
		stream string
		at     time.Time
	}
	var all []file
	for _, stream := range d.Streams() {
		if info, err := os.Stat(d.path(stream)); err == nil {
			all = append(all, file{stream, info.ModTime()})
		}
	}
	slices.SortFunc(all, func(a, b file) int { return a.at.Compare(b.at) })
	var errs []error
	for _, f := range all[:max(0, len(all)-most)] {
		release, err := d.Lock(f.stream)
		if err == nil {
			err = errors.Join(os.Remove(d.path(f.stream)), release(), os.Remove(filepath.Join(string(d), f.stream+locked)))
		}
		if !errors.Is(err, ErrBusy) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Sweep removes the files that are older than a lifetime: sessions, unfinished files and
// locks.
func (d Dir) Sweep(now time.Time, lifetime time.Duration) error {
	entries, err := os.ReadDir(string(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	errs := []error{err}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || now.Sub(info.ModTime()) < lifetime {
			continue
		}
		switch path := filepath.Join(string(d), e.Name()); filepath.Ext(path) {
		case extension, partial:
			errs = append(errs, os.Remove(path))
		case locked:
			errs = append(errs, unlocked(path))
		}
	}
	return errors.Join(errs...)
}
