package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicefile"
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

// serverStore keeps them on a server.
type serverStore struct{ *enroll.Store }

func (s serverStore) Delete(ctx context.Context, name string) (string, error) {
	return "the server was asked again and has nothing of it", s.Store.Delete(ctx, name)
}

// fileStore keeps them in a file of this machine.
type fileStore struct{ *voicefile.File }

func (f fileStore) List(context.Context) ([]enroll.Entry, error) { return f.File.List(), nil }

func (f fileStore) Add(_ context.Context, sp enroll.Speaker, replace bool) error {
	return f.save(f.File.Add(sp, replace))
}

func (f fileStore) Rename(_ context.Context, from, to string) error {
	return f.save(f.File.Rename(from, to))
}

func (f fileStore) Seal(context.Context) (names []string, err error) {
	for _, e := range f.File.List() {
		if !e.Sealed {
			names = append(names, e.Name)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return names, f.save(nil)
}

func (f fileStore) Delete(_ context.Context, name string) (string, error) {
	erased, err := f.File.Erase(name)
	if errors.Is(err, enroll.ErrNobody) {
		return "", err
	}
	return erased.String(), as(exitOutput, err)
}

// sayExpired says whose voices were erased as their time was over.
func sayExpired(w io.Writer, f *voicefile.File) {
	for _, name := range f.Expired() {
		fmt.Fprintf(w, "the time of %s's voice was over: it is erased, and %s was read again and has nothing of it\n", name, f.Path())
	}
}

// save writes the file after a change.
func (f fileStore) save(err error) error {
	if err != nil {
		return err
	}
	return as(exitOutput, f.File.Save())
}
