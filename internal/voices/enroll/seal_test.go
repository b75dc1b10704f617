package enroll

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicekey"
)

func newKey(t *testing.T) *voicekey.Key {
	t.Helper()
	path := filepath.Join(t.TempDir(), "voices.key")
	if err := voicekey.Make(path); err != nil {
		t.Fatal(err)
	}
	k, err := voicekey.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// With a key, the server can read nothing of a voice except its name. Entries from before are read
// and can be encrypted, and deleting needs no key.
func TestStoreWithAKey(t *testing.T) {
	js, err := jetstream.New(natstest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	kv, err := js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "voices", LimitMarkerTTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	m, other := models()
	plain, sealed, wrong := NewStore(kv, m, nil), NewStore(kv, m, newKey(t)), NewStore(kv, m, newKey(t))
	soon := time.Now().Add(10 * time.Second) // a slow machine has done the steps below by then
	lent := speaker("Lent")
	lent.Expires = soon
	for _, err := range []error{plain.Add(ctx, speaker("Old"), false), plain.Add(ctx, lent, false), NewStore(kv, other, nil).Add(ctx, speaker("Other"), false),
		sealed.Add(ctx, speaker("Ada"), false)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := sealed.Add(ctx, speaker("Old"), false); !errors.Is(err, ErrExists) {
		t.Errorf("in the place of one that is not encrypted: %v", err)
	}
	// found lists who is in the bucket, as a store sees it. A mark says who is encrypted.
	found := func(s *Store, unread error) (names []string) {
		t.Helper()
		all, err := s.List(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all {
			if e.Sealed {
				e.Name += "*"
			}
			names = append(names, e.Name)
			switch {
			case errors.Is(e.Err, ErrOtherModel):
			case e.Err == nil && e.Stats.N == 700 && e.Source == "ada.wav":
			case unread != nil && e.Sealed && errors.Is(e.Err, unread):
			default:
				t.Errorf("%+v", e)
			}
		}
		slices.Sort(names)
		return names
	}
	for _, c := range []struct {
		store  *Store
		unread error
	}{{plain, voicekey.ErrSealed}, {wrong, voicekey.ErrOtherKey}, {sealed, nil}} {
		if got := found(c.store, c.unread); !slices.Equal(got, []string{"Ada*", "Lent", "Old", "Other"}) {
			t.Errorf("before: %v", got)
		}
	}
	if _, err := plain.Seal(ctx); !errors.Is(err, ErrNoKey) {
		t.Errorf("encrypted without a key: %v", err)
	}
	names, err := sealed.Seal(ctx)
	if slices.Sort(names); err != nil || !slices.Equal(names, []string{"Lent", "Old", "Other"}) {
		t.Errorf("encrypted %v, %v", names, err)
	}
	if names, err = sealed.Seal(ctx); err != nil || len(names) > 0 {
		t.Errorf("encrypted again %v, %v", names, err)
	}
	if err := sealed.Rename(ctx, "Old", "Older"); err != nil {
		t.Error(err)
	}
	for _, s := range []*Store{plain, wrong} {
		if err := s.Rename(ctx, "Older", "Mine"); err == nil || !strings.Contains(err.Error(), `the voice of "Older" is encrypted`) {
			t.Errorf("renamed without the key: %v", err)
		}
	}
	if got := found(sealed, nil); !slices.Equal(got, []string{"Ada*", "Lent*", "Older*", "Other*"}) {
		t.Errorf("encrypted: %v", got)
	}
	// No file of the server has any of it in the clear.
	stream, err := js.Stream(ctx, "KV_voices")
	if err != nil {
		t.Fatal(err)
	}
	for seq := uint64(1); seq <= stream.CachedInfo().State.LastSeq+10; seq++ {
		msg, err := stream.GetMsg(ctx, seq)
		if err != nil {
			continue // the file is gone
		}
		for _, text := range []string{"ada.wav", `"stats"`, `"model"`, "2026-"} {
			if bytes.Contains(msg.Data, []byte(text)) {
				t.Errorf("%s, message %d: %q is there in the clear", msg.Subject, seq, text)
			}
		}
	}
	if err := plain.Delete(ctx, "Ada"); err != nil { // somebody who has lost the key
		t.Error(err)
	}
	for end := time.Now().Add(40 * time.Second); slices.Contains(found(sealed, nil), "Lent*"); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the server does not erase what is encrypted when its time is over")
		}
	}
	if time.Now().Before(soon.Add(-time.Second)) {
		t.Error("erased before its time was over")
	}
	if got := found(sealed, nil); !slices.Equal(got, []string{"Older*", "Other*"}) {
		t.Errorf("in the end: %v", got)
	}
	e, err := kv.Get(ctx, "Older")
	if err != nil {
		t.Fatal(err)
	}
	bad := bytes.Clone(e.Value())
	bad[len(bad)-1] ^= 1
	if _, err := kv.Put(ctx, "Older", bad); err != nil {
		t.Fatal(err)
	}
	if all, err := sealed.List(ctx); err != nil || !errors.Is(all[slices.IndexFunc(all, func(e Entry) bool { return e.Name == "Older" })].Err, voicekey.ErrDamaged) {
		t.Errorf("damaged: %+v, %v", all, err)
	}
}
