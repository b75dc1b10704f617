package fence_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/bus/fence"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// TestRefusals are those of a real server.
func TestRefusals(t *testing.T) {
	ctx := t.Context()
	js, err := jetstream.New(natstest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}}); err != nil {
		t.Fatal(err)
	}
	put := func(subject string, last uint64) error {
		_, err := js.Publish(ctx, subject, nil, jetstream.WithExpectLastSequencePerSubject(last))
		return err
	}
	for i, c := range []struct {
		subject  string
		expected uint64
		last     uint64
		refused  bool
	}{
		{"s.a", 7, 0, true}, // nothing is there
		{"s.a", 0, 0, false},
		{"s.b", 0, 0, false},
		{"s.b", 1, 2, true},
		{"s.b", 3, 2, true},
		{"s.b", 2, 0, false},
	} {
		err := put(c.subject, c.expected)
		last, ok := fence.Last(err)
		if (err != nil) != c.refused || fence.Refused(err) != c.refused || ok != c.refused || last != c.last {
			t.Errorf("%d: %v: last %d, %v", i, err, last, ok)
		}
	}
	kv, err := js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "b"})
	if err != nil {
		t.Fatal(err)
	}
	first, err := kv.Create(ctx, "k", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Create(ctx, "k", nil); !fence.Refused(err) {
		t.Errorf("created twice: %v", err)
	}
	if _, err := kv.Update(ctx, "k", nil, first+1); !fence.Refused(err) {
		t.Errorf("updated at another revision: %v", err)
	}
	if err := kv.Delete(ctx, "k", jetstream.LastRevision(first+1)); !fence.Refused(err) {
		t.Errorf("deleted at another revision: %v", err)
	}
	other := errors.New("wrong last sequence: 3")
	for _, err := range []error{nil, other, jetstream.ErrNoStreamResponse, fmt.Errorf("x: %w", jetstream.ErrKeyNotFound)} {
		if _, ok := fence.Last(err); ok || fence.Refused(err) {
			t.Errorf("%v is taken for a refusal", err)
		}
	}
}
