package serve

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/bus"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/internal/voices/identify"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicekey"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/publish"
)

// TestIdentified enrols a speaker from a stream that goes on. Another stream recognises that speaker
// once, although its owner changes. A stream that did not ask for it compares nobody.
func TestIdentified(t *testing.T) {
	m := anyModel()
	cfg := pipeline.Config{Model: m}
	nc := natstest.New(t)
	opts := testOptions(cfg)
	opts.Naming = identify.Rule{Offset: 20} // any two voices count as one person
	opts.Identify = func(stream string) bool { return stream == "asked" }
	first := startWorker(t, nc, opts)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	if err := feed(ctx, nc, "source", packetsOf("s", speech(1, 14))[:250], 20); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		_, err := Voice(ctx, nc, cfg, "source", 1)
		return err == nil
	})
	if _, err := Voice(ctx, nc, cfg, "source", 99); err == nil {
		t.Error("a speaker that is not there has a voice")
	}
	store, err := Enrolled(ctx, nc, m, nil, StoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	stats, err := Voice(ctx, nc, cfg, "source", 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Add(ctx, enroll.Speaker{Name: "Ada", Stats: stats}, false); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return len(first.voices.all().names) == 1 })

	done, moved := make(chan error, 2), make(chan struct{})
	for _, stream := range []string{"asked", "silent"} {
		go func() {
			ps := packetsOf("session-"+stream, speech(1, 16))
			err := feed(ctx, nc, stream, ps[:300], 4)
			select {
			case <-moved:
			case <-ctx.Done():
			}
			done <- errors.Join(err, feed(ctx, nc, stream, ps[300:], 1000))
		}()
	}
	waitFor(t, func() bool {
		n, err := lastNumber(ctx, first.s.events, publish.Subject("asked", event.SpeakerIdentified))
		return err == nil && n > 0
	})
	startWorker(t, natstest.Connect(t, nc.ConnectedUrl()), opts)
	first.end(t)
	close(moved)
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	names := map[string]int{}
	for _, stream := range []string{"asked", "silent"} {
		events, _, err := told(ctx, nc, stream)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			var ev event.Event
			if err := json.Unmarshal([]byte(e), &ev); err != nil {
				t.Fatal(err)
			}
			if ev.Kind == event.SpeakerIdentified {
				names[stream+" "+ev.Speaker.String()+" "+ev.Name]++
				if ev.Confidence < identify.Sure {
					t.Errorf("identified with a probability of %v", ev.Confidence)
				}
			}
		}
	}
	if names["asked S1 Ada"] != 1 {
		t.Errorf("identified: %v, expected asked S1 Ada once", names)
	}
	for key, n := range names {
		if n != 1 || strings.HasPrefix(key, "silent") {
			t.Errorf("identified %d times: %s", n, key)
		}
	}
}

// Voices that are encrypted are known to a worker with the key; one without it says whose it
// cannot read, and what is not encrypted is known to both.
func TestVoicesThatAreEncrypted(t *testing.T) {
	nc := natstest.New(t)
	m := anyModel()
	path := filepath.Join(t.TempDir(), "voices.key")
	if err := voicekey.Make(path); err != nil {
		t.Fatal(err)
	}
	key, err := voicekey.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	sp := enroll.Speaker{Name: "Ada", Enrolled: time.Now(), Stats: m.Shape().NewStats()}
	sp.Stats.N = 700
	for name, k := range map[string]*voicekey.Key{"Ada": key, "Grace": nil} {
		sp.Name = name
		store, err := Enrolled(t.Context(), nc, m, k, StoreOptions{})
		if err == nil {
			err = store.Add(t.Context(), sp, false)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	js, err := bus.JetStream(nc)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range map[*voicekey.Key][]string{key: {"Ada", "Grace"}, nil: {"Grace"}} {
		opts := testOptions(pipeline.Config{Model: m})
		opts.VoicesKey = k
		v, err := openVoices(t.Context(), js, opts)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		reports := make(chan error, 10)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			v.follow(ctx, nc, func(err error) { reports <- err })
		}()
		waitFor(t, func() bool { return slices.Equal(v.all().names, want) })
		if k == nil {
			if err := <-reports; !errors.Is(err, voicekey.ErrSealed) || !strings.Contains(err.Error(), "key Ada: the voice is encrypted: expected --voices-key") {
				t.Errorf("%v", err)
			}
		}
		stop()
		<-ended
		if len(reports) > 0 {
			t.Errorf("%v", <-reports)
		}
	}
}

// TestVoiceOfNobody says what is missing.
func TestVoiceOfNobody(t *testing.T) {
	nc := natstest.New(t)
	if _, err := openShared(t.Context(), nc, StoreOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err := Voice(t.Context(), nc, pipeline.Config{Model: anyModel()}, "room", 1)
	if err == nil || !strings.Contains(err.Error(), "no worker diarizes it now") {
		t.Errorf("%v", err)
	}
	if err := enroll.Check(model.Shape{Nu: 2}.NewStats()); !errors.Is(err, enroll.ErrTooShort) {
		t.Errorf("no speech at all: %v", err)
	}
}
