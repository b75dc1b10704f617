package serve

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// TestUnfit has JetStream streams and buckets whose settings would lose sound or keys. A worker
// says what it found and what it expected, and does not begin.
func TestUnfit(t *testing.T) {
	nc := natstest.New(t)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	refused := func(want string, o StoreOptions) {
		t.Helper()
		_, err := openShared(ctx, nc, o)
		if (err != nil) != (want != "") || want != "" && (!errors.Is(err, errUnfit) || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v, expected %q", err, want)
		}
	}
	// Some time after its last stream was deleted, the server removes the directory of all
	// streams. A stream that is created at that moment would fail, so one is kept.
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "KEPT", Subjects: []string{"kept"}}); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*jetstream.StreamConfig){
		`retention "WorkQueue" instead of "Limits"`:        func(c *jetstream.StreamConfig) { c.Retention = jetstream.WorkQueuePolicy },
		`retention "Interest" instead of "Limits"`:         func(c *jetstream.StreamConfig) { c.Retention = jetstream.InterestPolicy },
		"a maximum age of 1s instead of 10m0s or more":     func(c *jetstream.StreamConfig) { c.MaxAge, c.Duplicates = time.Second, time.Second },
		"at most 20 messages instead of 10000 or more":     func(c *jetstream.StreamConfig) { c.MaxMsgs = 20 },
		"at most 1000 bytes instead of 67108864 or more":   func(c *jetstream.StreamConfig) { c.MaxBytes = 1000 },
		"at most 20 messages per subject instead of 10000": func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 20 },
		"messages of at most 1000 bytes instead of 266240": func(c *jetstream.StreamConfig) { c.MaxMsgSize = 1000 },
		"no acknowledgements":                              func(c *jetstream.StreamConfig) { c.NoAck = true },
		"":                                                 func(c *jetstream.StreamConfig) { c.MaxMsgs, c.MaxAge, c.MaxBytes, c.MaxMsgsPerSubject = -1, 0, -1, -1 },
	} {
		c := jetstream.StreamConfig{Name: "SOUND", Subjects: []string{natsaudio.AllSubjects}}
		change(&c)
		if _, err := js.CreateStream(ctx, c); err != nil {
			t.Fatal(err)
		}
		refused(want, StoreOptions{})
		if err := js.DeleteStream(ctx, c.Name); err != nil {
			t.Fatal(err)
		}
	}
	few := StoreOptions{AudioAge: time.Minute, AudioBytes: 1 << 20}
	refused("", few)
	refused("", few) // as it was asked for
	refused("a maximum age of 1m0s", StoreOptions{})

	for _, name := range []string{WorkerBucket, ClaimBucket, StateBucket} {
		for want, c := range map[string]jetstream.KeyValueConfig{
			"a maximum age (ttl) of 1m0s instead of none": {TTL: time.Minute},
			`storage in "Memory" instead of "File"`:       {Storage: jetstream.MemoryStorage},
		} {
			if err := js.DeleteKeyValue(ctx, name); err != nil {
				t.Fatal(err)
			}
			c.Bucket = name
			if _, err := js.CreateKeyValue(ctx, c); err != nil {
				t.Fatal(err)
			}
			refused(want, few)
		}
		if err := js.DeleteKeyValue(ctx, name); err != nil {
			t.Fatal(err)
		}
		refused("", few)
	}
}
