package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicefile"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicekey"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// voiceStore is where enrolled speakers are kept.
type voiceStore interface {
	List(ctx context.Context) ([]enroll.Entry, error)
	Add(ctx context.Context, sp enroll.Speaker, replace bool) error
	Rename(ctx context.Context, from, to string) error
	// Seal encrypts those who are not encrypted yet, and returns their names.
	Seal(ctx context.Context) ([]string, error)
	// Delete says what was deleted, and that nothing of it is left.
	Delete(ctx context.Context, name string) (string, error)
}

// serverStore keeps enrolled speakers on a NATS server.
type serverStore struct{ *enroll.Store }

func (s serverStore) Delete(ctx context.Context, name string) (string, error) {
	return "the server was asked again and has nothing of it", s.Store.Delete(ctx, name)
}

// fileStore keeps enrolled speakers in a file of this machine. It opens the file for every call: while a
// command listens to a recording, others change the file.
type fileStore struct {
	open func() (*voicefile.File, error)
}

// newFileStore returns the store of the file at path. A file that cannot be read is an error now.
func newFileStore(path string, m model.Model, key *voicekey.Key, stderr io.Writer) (fileStore, error) {
	s := fileStore{func() (*voicefile.File, error) {
		f, err := voicefile.Open(path, m, key)
		if err != nil {
			return nil, as(exitInput, err)
		}
		sayExpired(stderr, f)
		return f, nil
	}}
	_, err := s.open()
	return s, err
}

func (s fileStore) List(context.Context) ([]enroll.Entry, error) {
	f, err := s.open()
	if err != nil {
		return nil, err
	}
	return f.List(), nil
}

func (s fileStore) Add(_ context.Context, sp enroll.Speaker, replace bool) error {
	return s.change(func(f *voicefile.File) error { return f.Add(sp, replace) })
}

func (s fileStore) Rename(_ context.Context, from, to string) error {
	return s.change(func(f *voicefile.File) error { return f.Rename(from, to) })
}

func (s fileStore) Seal(context.Context) (names []string, err error) {
	f, err := s.open()
	if err != nil {
		return nil, err
	}
	for _, e := range f.List() {
		if !e.Sealed {
			names = append(names, e.Name)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return names, as(exitOutput, f.Save())
}

func (s fileStore) Delete(_ context.Context, name string) (string, error) {
	f, err := s.open()
	if err != nil {
		return "", err
	}
	erased, err := f.Erase(name)
	if errors.Is(err, enroll.ErrNobody) {
		return "", err
	}
	return erased.String(), as(exitOutput, err)
}

// change changes the file as it is now, and saves it.
func (s fileStore) change(do func(*voicefile.File) error) error {
	f, err := s.open()
	if err != nil {
		return err
	}
	if err := do(f); err != nil {
		return err
	}
	return as(exitOutput, f.Save())
}

// sayExpired prints the names of the voices that were erased because their time was over.
func sayExpired(w io.Writer, f *voicefile.File) {
	for _, name := range f.Expired() {
		fmt.Fprintln(w, expired(f, name))
	}
}

func expired(f *voicefile.File, name string) string {
	return fmt.Sprintf("the time of %s's voice was over: it is erased, and %s was read again and has nothing of it", name, f.Path())
}
