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

// Unseal reads what a bucket has of a speaker: what [Encode] wrote, encrypted or not. Its
// errors are those of [Decode] and of package voicekey.
func Unseal(data []byte, m model.Model, key *voicekey.Key) (Speaker, error) {
	data, err := key.Open(data)
	if err != nil {
		return Speaker{}, fmt.Errorf("the voice is %w", err)
	}
	return Decode(data, m)
}

// ErrNoKey is returned by [Store.Seal] without a key.
var ErrNoKey = errors.New("nothing can be encrypted without a key")

// Seal encrypts the speakers who were kept before there was a key, and returns their names.
// One who is kept for a time is removed and enrolled again for it: a failure between the two
// leaves nothing of them, and the error says of whom.
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

// seal encrypts a speaker of any model.
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
