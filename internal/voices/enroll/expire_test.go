package enroll

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// The server itself erases a voice whose time is over, and whoever follows the bucket hears
// of it as of any that is deleted.
func TestServerErasesWhatHasExpired(t *testing.T) {
	js, err := jetstream.New(natstest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "voices", LimitMarkerTTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	m, _ := models()
	s := NewStore(kv, m, nil)
	sp := Speaker{Name: "Ada", Enrolled: time.Now(), Stats: m.Shape().NewStats()}
	sp.Stats.N = 600
	if err := s.Add(t.Context(), sp, false); err != nil {
		t.Fatal(err)
	}
	watch, err := kv.WatchAll(t.Context(), jetstream.UpdatesOnly())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = watch.Stop() }()
	sp.Expires = time.Now().Add(10 * time.Second)
	if err := s.Add(t.Context(), sp, false); !errors.Is(err, ErrExists) {
		t.Errorf("in the place of another: %v", err)
	}
	if err := s.Add(t.Context(), sp, true); err != nil {
		t.Fatal(err)
	}
	if err := s.Rename(t.Context(), "Ada", "Grace"); err != nil {
		t.Fatal(err)
	}
	all, err := s.List(t.Context())
	if err != nil || len(all) != 1 || all[0].Name != "Grace" || !all[0].Expires.Equal(sp.Expires.UTC()) {
		t.Fatalf("%+v, %v", all, err)
	}
	for u := range watch.Updates() {
		if u != nil && u.Key() == "Grace" && u.Operation() != jetstream.KeyValuePut {
			break
		}
	}
	if all, err := s.List(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	old := sp
	old.Expires = time.Now().Add(-time.Hour)
	if err := s.Add(t.Context(), old, false); err == nil || !strings.Contains(err.Error(), "over since") {
		t.Error(err)
	}
	plain, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "plain"})
	if err != nil {
		t.Fatal(err)
	}
	if err := NewStore(plain, m, nil).Add(t.Context(), sp, false); err == nil || !strings.Contains(err.Error(), "2.11") {
		t.Error(err)
	}
}
