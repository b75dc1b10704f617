// Package voicefile keeps voices of people in a file on this machine, under their
// names. Like those that package enroll keeps on a server they are biometric data: the
// file is for its owner's eyes only. Voices that another model made stay in the file
// and are of no use to this one.
package voicefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicekey"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// maxSize is far above the few kilobytes of a voice, times the people whom anybody
// meets.
const maxSize = 256 << 20

// format is what a file begins with, so that no other is taken for one.
const format = "diarizer voices 1"

// File is the voices of a file. Changes take effect with Save.
type File struct {
	path    string
	m       model.Model
	key     *voicekey.Key
	sealed  bool // whether the file on the disk is encrypted
	people  []person
	expired []string
}

// person is an entry as the file has it.
type person struct {
	data json.RawMessage
	sp   enroll.Speaker
	err  error // why it is of no use, nil if it is
}

type wire struct {
	Format string            `json:"format"`
	Voices []json.RawMessage `json:"voices"`
}

// Open reads the voices for a model, with the key of a file that is encrypted. A file that is
// not encrypted yet will be when it is saved. A file that is not there has no voices.
// Voices whose time is over are erased.
func Open(path string, m model.Model, key *voicekey.Key) (*File, error) {
	f := &File{path: path, m: m, key: key}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, nil
	case err != nil:
		return nil, err
	case info.Size() > maxSize:
		return nil, fmt.Errorf("%s: %d bytes: expected a file of voices, at most %d", path, info.Size(), maxSize)
	}
	data, err := f.read()
	if err != nil {
		return nil, err
	}
	var w wire
	if err := json.Unmarshal(data, &w); err != nil || w.Format != format {
		return nil, fmt.Errorf("%s is no file of voices: expected one that diarizer enroll --file or --identify wrote", path)
	}
	for _, data := range w.Voices {
		sp, err := enroll.Decode(data, m)
		if err != nil && !errors.Is(err, enroll.ErrOtherModel) {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		f.people = append(f.people, person{data, sp, err})
	}
	return f, f.expire(time.Now())
}

// read returns the content of the file, decrypted.
func (f *File) read() ([]byte, error) {
	data, err := os.ReadFile(f.path)
	if err != nil {
		return nil, err
	}
	f.sealed = voicekey.Sealed(data)
	if data, err = f.key.Open(data); err != nil {
		return nil, fmt.Errorf("%s is %w", f.path, err)
	}
	return data, nil
}

// Path is where the file is, or will be.
func (f *File) Path() string { return f.path }

// List returns all voices by name; Err says of which this model can make nothing.
func (f *File) List() []enroll.Entry {
	var all []enroll.Entry
	for _, p := range f.people {
		all = append(all, enroll.Entry{Speaker: p.sp, Sealed: f.sealed, Err: p.err})
	}
	slices.SortStableFunc(all, func(a, b enroll.Entry) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Speakers returns those that this model made, by name.
func (f *File) Speakers() []enroll.Speaker {
	var all []enroll.Speaker
	for _, e := range f.List() {
		if e.Err == nil {
			all = append(all, e.Speaker)
		}
	}
	return all
}

// at finds the voice of that name that this model made, or with any another's.
func (f *File) at(name string, any bool) int {
	own := slices.IndexFunc(f.people, func(p person) bool { return p.sp.Name == name && p.err == nil })
	if own < 0 && any {
		return slices.IndexFunc(f.people, func(p person) bool { return p.sp.Name == name })
	}
	return own
}

// Add keeps a voice. Under a name that is taken it replaces the voice where replace says
// so; otherwise the error matches [enroll.ErrExists].
func (f *File) Add(sp enroll.Speaker, replace bool) error {
	if err := enroll.CheckName(sp.Name); err != nil {
		return err
	}
	data, err := enroll.Encode(sp, f.m)
	if err != nil {
		return err
	}
	p := person{data: data, sp: sp}
	if i := f.at(sp.Name, false); i < 0 {
		f.people = append(f.people, p)
	} else if !replace {
		return fmt.Errorf("%q: %w: choose another name, delete it, or replace it", sp.Name, enroll.ErrExists)
	} else {
		f.people[i] = p
	}
	return nil
}

// Learn adds what somebody has said to the voice of that name, which it begins where
// there is none. The voice is kept as long as sp says, or as before where it does not.
func (f *File) Learn(sp enroll.Speaker) error {
	if i := f.at(sp.Name, false); i >= 0 {
		sum := f.people[i].sp.Stats.Clone()
		sum.Add(sp.Stats)
		sp.Stats, sp.Source = sum, f.people[i].sp.Source+", "+sp.Source
		if sp.Expires.IsZero() {
			sp.Expires = f.people[i].sp.Expires
		}
		if len(sp.Source) > maxSource {
			sp.Source = "…" + strings.ToValidUTF8(sp.Source[len(sp.Source)-maxSource:], "")
		}
	}
	return f.Add(sp, true)
}

// maxSource keeps what is said of the origin of a voice short, in bytes.
const maxSource = 200

// Rename gives a voice another name, which nobody may have.
func (f *File) Rename(from, to string) error {
	if err := enroll.CheckName(to); err != nil {
		return err
	}
	i := f.at(from, false)
	if i < 0 {
		return f.nobody(from)
	}
	if f.at(to, false) >= 0 {
		return fmt.Errorf("%q: %w: choose another name, or delete it", to, enroll.ErrExists)
	}
	sp := f.people[i].sp
	sp.Name = to
	data, err := enroll.Encode(sp, f.m)
	if err == nil {
		f.people[i] = person{data: data, sp: sp}
	}
	return err
}

func (f *File) nobody(name string) error {
	return fmt.Errorf("%q: %w: see \"diarizer enroll list --file\"", name, enroll.ErrNobody)
}

// Save writes the file, for its owner only, in the place of the one before. A symbolic link to
// it stays a link.
func (f *File) Save() error {
	w := wire{Format: format, Voices: []json.RawMessage{}}
	for _, p := range f.people {
		w.Voices = append(w.Voices, p.data)
	}
	data, err := json.Marshal(w)
	if err != nil {
		return err
	}
	if data, err = f.key.Seal(append(data, '\n')); err != nil {
		return err
	}
	path, err := target(f.path)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), unfinished) // 0600
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	if err := replace(tmp.Name(), path); err != nil {
		if gone := os.Remove(tmp.Name()); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
		return err
	}
	return sweep(filepath.Dir(path))
}
