package enroll

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicekey"
	"github.com/seed-7adb9000/diarizer/online/model"
)

var (
	// ErrNobody is matched by the error for a name that is not enrolled.
	ErrNobody = errors.New("nobody is enrolled under that name")
	// ErrExists is matched by the error for a name that is enrolled already.
	ErrExists = errors.New("somebody is enrolled under that name already")
)

// MaxName is the length of the longest name, in characters.
const MaxName = 64

// CheckName explains why s cannot be a name, or returns nil.
func CheckName(s string) error {
	n := utf8.RuneCountInString(s)
	if n < 1 || n > MaxName || strings.TrimSpace(s) != s {
		return fmt.Errorf("name %q: expected 1 to %d characters without space around them", s, MaxName)
	}
	return event.CheckText("name", s, MaxName)
}

// Store keeps speakers in a bucket, under their names. With a key, all but the names is
// encrypted: whoever may write to the bucket can delete a voice without the key.
type Store struct {
	kv  jetstream.KeyValue
	m   model.Model
	key *voicekey.Key
}

// NewStore returns a Store of speakers for one model. If key is not nil, the Store encrypts with
// it.
func NewStore(kv jetstream.KeyValue, m model.Model, key *voicekey.Key) *Store {
	return &Store{kv: kv, m: m, key: key}
}

// Entry is a speaker as the bucket has it. Err matches [ErrOtherModel] for one
// of another model, which can be listed, renamed and deleted, and an error of package
// voicekey for one that cannot be read with the key, of which only the name is known.
type Entry struct {
	Speaker
	// Sealed says whether the entry is encrypted.
	Sealed bool
	Err    error
}

// List returns all speakers.
func (s *Store) List(ctx context.Context) ([]Entry, error) {
	keys, err := s.kv.ListKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("enrolled speakers: %w", err)
	}
	var names []string
	for key := range keys.Keys() {
		names = append(names, key)
	}
	var all []Entry
	for _, key := range names {
		e, err := s.kv.Get(ctx, key)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("enrolled speaker %s: %w", key, err)
		}
		sp, err := Unseal(e.Value(), s.m, s.key)
		if sp.Name == "" {
			sp.Name = key
		}
		all = append(all, Entry{Speaker: sp, Sealed: voicekey.Sealed(e.Value()), Err: err})
	}
	return all, nil
}

// Add enrols a speaker. Under a name that is taken it replaces the speaker where
// replace says so; otherwise the error matches [ErrExists].
func (s *Store) Add(ctx context.Context, sp Speaker, replace bool) error {
	if err := CheckName(sp.Name); err != nil {
		return err
	}
	data, err := Encode(sp, s.m)
	if err != nil {
		return err
	}
	return s.put(ctx, sp, data, replace)
}

// put writes the entry of a speaker.
func (s *Store) put(ctx context.Context, sp Speaker, data []byte, replace bool) error {
	name := sp.Name
	data, err := s.key.Seal(data)
	if err != nil {
		return enrolled(name, err)
	}
	if !sp.Expires.IsZero() {
		return s.lend(ctx, sp, data, replace)
	}
	if replace {
		_, err = s.kv.Put(ctx, event.Token(name), data)
	} else {
		_, err = s.kv.Create(ctx, event.Token(name), data)
	}
	return enrolled(name, err)
}

// lend keeps a speaker until the time is over, when the server erases it.
func (s *Store) lend(ctx context.Context, sp Speaker, data []byte, replace bool) error {
	status, err := s.kv.Status(ctx)
	if err != nil {
		return fmt.Errorf("enrol %q: %w", sp.Name, err)
	}
	left := time.Until(sp.Expires).Round(time.Second)
	switch {
	case status.LimitMarkerTTL() == 0:
		return fmt.Errorf("enrol %q until %s: the server or its bucket is older than 2.11 and erases nothing by itself: enrol without a time, or in a file", sp.Name, sp.Expires.Format(time.DateOnly))
	case left <= 0:
		return fmt.Errorf("enrol %q: its time has been over since %s", sp.Name, sp.Expires.Format(time.DateOnly))
	}
	if replace {
		if err := s.kv.Purge(ctx, event.Token(sp.Name)); err != nil {
			return fmt.Errorf("enrol %q: %w", sp.Name, err)
		}
	}
	_, err = s.kv.Create(ctx, event.Token(sp.Name), data, jetstream.KeyTTL(left))
	return enrolled(sp.Name, err)
}

// enrolled says in words why a name is not enrolled.
func enrolled(name string, err error) error {
	if errors.Is(err, jetstream.ErrKeyExists) {
		return fmt.Errorf("%q: %w: choose another name, delete it, or replace it", name, ErrExists)
	}
	if err != nil {
		return fmt.Errorf("enrol %q: %w", name, err)
	}
	return nil
}

// Rename gives a speaker another name, which nobody may have.
func (s *Store) Rename(ctx context.Context, from, to string) error {
	if err := CheckName(to); err != nil {
		return err
	}
	e, err := s.get(ctx, from)
	if err != nil {
		return err
	}
	data, err := s.key.Open(e.Value())
	if err != nil {
		return fmt.Errorf("the voice of %q is %w", from, err)
	}
	if data, err = renamed(data, to); err != nil {
		return fmt.Errorf("%q: %w", from, err)
	}
	sp, err := Decode(data, s.m)
	if err != nil && !errors.Is(err, ErrOtherModel) {
		return fmt.Errorf("%q: %w", from, err)
	}
	if err := s.put(ctx, sp, data, false); err != nil {
		return err
	}
	return s.Delete(ctx, from)
}

func (s *Store) get(ctx context.Context, name string) (jetstream.KeyValueEntry, error) {
	e, err := s.kv.Get(ctx, event.Token(name))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, fmt.Errorf("%q: %w: see \"diarizer enroll list\"", name, ErrNobody)
	}
	if err != nil {
		return nil, fmt.Errorf("enrolled speaker %q: %w", name, err)
	}
	return e, nil
}

// Delete removes a speaker, and what the bucket remembers of earlier ones under
// the name, and asks the server again: where something of the voice is left there, that is
// an error.
func (s *Store) Delete(ctx context.Context, name string) error {
	if _, err := s.get(ctx, name); err != nil {
		return err
	}
	// Markers of deletions hold the name. The young ones stay, for workers that
	// are cut off at the moment, and go by themselves where the bucket can do that.
	status, err := s.kv.Status(ctx)
	if err != nil {
		return fmt.Errorf("delete %q: %w", name, err)
	}
	var opts []jetstream.KVDeleteOpt
	if stay := status.LimitMarkerTTL(); stay > 0 {
		opts = append(opts, jetstream.PurgeTTL(stay))
	}
	if err := s.kv.Purge(ctx, event.Token(name), opts...); err != nil {
		return fmt.Errorf("delete %q: %w", name, err)
	}
	if err := s.kv.PurgeDeletes(ctx); err != nil {
		return fmt.Errorf("delete %q: it is deleted, but names of earlier ones may remain: %w", name, err)
	}
	left, err := s.kv.History(ctx, event.Token(name))
	if err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
		return fmt.Errorf("delete %q: it is deleted, but the server does not say whether something is left: %w", name, err)
	}
	for _, e := range left {
		if len(e.Value()) > 0 {
			return fmt.Errorf("delete %q: the server still has %d bytes of it", name, len(e.Value()))
		}
	}
	return nil
}
