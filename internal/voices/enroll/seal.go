package enroll

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicekey"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// Unseal reads the entry of a speaker in a bucket: data that [Encode] wrote, encrypted or not. Its
// errors are those of [Decode] and of package voicekey.
func Unseal(data []byte, m model.Model, key *voicekey.Key) (Speaker, error) {
	data, err := key.Open(data)
	if err != nil {
		return Speaker{}, fmt.Errorf("the voice is %w", err)
	}
	return Decode(data, m)
}

// ErrNoKey is the error of [Store.Seal] without a key.
var ErrNoKey = errors.New("nothing can be encrypted without a key")

// Seal encrypts the entries that were written without a key, and returns their names. An entry that
// expires is removed and written again with the time that it has left. If writing it fails after it
// was removed, the entry is lost, and the error names the speaker.
func (s *Store) Seal(ctx context.Context) (names []string, err error) {
	if s.key == nil {
		return nil, ErrNoKey
	}
	all, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		if e.Sealed || e.Err != nil && !errors.Is(e.Err, ErrOtherModel) {
			continue
		}
		if err := s.seal(ctx, e.Speaker); err != nil {
			return names, err
		}
		names = append(names, e.Name)
	}
	return names, nil
}

// seal encrypts the entry of a speaker, whatever its model.
func (s *Store) seal(ctx context.Context, sp Speaker) error {
	e, err := s.get(ctx, sp.Name)
	if err != nil {
		return err
	}
	if !sp.Expires.IsZero() {
		return s.put(ctx, sp, e.Value(), true)
	}
	data, err := s.key.Seal(e.Value())
	if err == nil {
		_, err = s.kv.Update(ctx, event.Token(sp.Name), data, e.Revision())
	}
	if errors.Is(err, jetstream.ErrKeyExists) {
		return fmt.Errorf("encrypt %q: somebody else changes it at this moment: try again", sp.Name)
	}
	if err != nil {
		return fmt.Errorf("encrypt %q: %w", sp.Name, err)
	}
	return nil
}
