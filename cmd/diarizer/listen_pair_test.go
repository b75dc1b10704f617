//go:build portaudio && cgo

package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/testkit/soundcard"
)

// A call: one person talks into the microphone, and the voices of the others come from the
// loudspeaker, which the microphone hears as well. With the microphone and the system sound as
// two devices, a voice from the loudspeaker is told once.
func TestListenToMicrophoneAndSystem(t *testing.T) {
	defer goleak.VerifyNone(t)
	card := soundcard.StartPair(t, "40%")
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	const seconds = 14
	ada, grace := call(t, seconds, 0)
	writeCardWAV(t, path("ada.wav"), convert(t, capture.Rate, cardRate, ada))
	writeCardWAV(t, path("grace.wav"), convert(t, capture.Rate, cardRate, grace))

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, errs := &sayer{said: make(chan string, 1)}, new(bytes.Buffer)
	status := make(chan int)
	go func() {
		status <- run(ctx, strings.Fields("listen --model light --nats off --device Desk --device speaker --names Ada,Grace --rttm "+path("live.rttm")+" --record "+path("heard.flac")), nil, out, errs)
	}()
	select {
	case <-out.said:
	case s := <-status:
		t.Fatalf("status %d: %s", s, errs)
	}
	var playing sync.WaitGroup
	for sink, wav := range map[string]string{"room": "ada.wav", "speaker": "grace.wav"} {
		playing.Go(func() {
			if err := card.PlayTo(sink, path(wav)); err != nil {
				t.Error(err)
			}
		})
	}
	playing.Wait()
	time.Sleep(2 * time.Second) // what is on its way
	cancel()
	if s := <-status; s != exitInterrupted {
		t.Fatalf("status %d, want %d; standard error: %s", s, exitInterrupted, errs)
	}
	live := segmentsIn(t, path("live.rttm"))
	if len(live) == 0 {
		t.Fatalf("nothing was told: %s\n%s", out, errs)
	}
	best, talk := 1e9, 0.0
	for late := -0.5; late < 0.5; late += 0.01 { // nobody knows when the sound began
		shifted := append([]rttm.Segment(nil), live...)
		for i := range shifted {
			shifted[i].Start += demo.Reference()[0].Start - live[0].Start + late
			shifted[i].End += demo.Reference()[0].Start - live[0].Start + late
		}
		wrong, all := wrongIn(shifted, seconds)
		best, talk = min(best, wrong), all
	}
	t.Logf("%.1f s of %.1f are wrong\n%s\n%s", best, talk, out, errs)
	if best > 0.15*talk {
		t.Errorf("%.1f s of %.1f s of speech are told wrong:\n%v", best, talk, live)
	}
	if heard := readSound(t, path("heard.flac")); len(heard) < seconds*capture.Rate {
		t.Errorf("%d samples were recorded", len(heard))
	}
}

// A device that is not there is named in the error, and the other device is closed. An older
// file stays.
func TestListenToADeviceThatIsNotThere(t *testing.T) {
	defer goleak.VerifyNone(t)
	soundcard.StartPair(t, "40%")
	errs := new(bytes.Buffer)
	older := writeFile(t, filepath.Join(t.TempDir(), "m.rttm"), []byte("older"))
	s := run(t.Context(), strings.Fields("listen --model light --nats off --device Desk --device nobody --force --rttm "+older), nil, io.Discard, errs)
	if s != exitInput || !strings.Contains(errs.String(), `"nobody", expected one of`) {
		t.Errorf("status %d, %s", s, errs)
	}
	if got := read(t, older); got != "older" {
		t.Errorf("there is %q now", got)
	}
}

// The channels of one device are participants too.
func TestListenToEachChannel(t *testing.T) {
	defer goleak.VerifyNone(t)
	card := soundcard.Start(t)
	dir := t.TempDir()
	ada, grace := call(t, 8, 0)
	wav := filepath.Join(dir, "call.wav")
	if err := os.WriteFile(wav, wavBytes(ada, grace), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, errs := &sayer{said: make(chan string, 1)}, new(bytes.Buffer)
	status := make(chan int)
	go func() {
		status <- run(ctx, strings.Fields("listen --model light --nats off --channel each --names Ada,Grace --rttm "+filepath.Join(dir, "live.rttm")), nil, out, errs)
	}()
	select {
	case <-out.said:
	case s := <-status:
		t.Fatalf("status %d: %s", s, errs)
	}
	if err := card.Play(wav); err != nil {
		t.Error(err)
	}
	time.Sleep(2 * time.Second) // what is on its way
	cancel()
	if s := <-status; s != exitInterrupted {
		t.Fatalf("status %d, want %d; standard error: %s", s, exitInterrupted, errs)
	}
	talk := map[string]float64{}
	for _, s := range segmentsIn(t, filepath.Join(dir, "live.rttm")) {
		talk[s.Speaker] += s.End - s.Start
	}
	if len(talk) != 2 || talk["Ada"] < 4 || talk["Grace"] < 1.5 || talk["Grace"] > 3 { // 5.4 s and 2.1 s
		t.Errorf("%v: %s\n%s", talk, out, errs)
	}
}

// A call of two microphones that was ended goes on: the same people by the same numbers and names,
// who need not be named again.
func TestListenGoesOnWithTwoMicrophones(t *testing.T) {
	defer goleak.VerifyNone(t)
	card := soundcard.StartPair(t, "0%")
	dir := t.TempDir()
	t.Setenv("XDG_STATE_HOME", dir)
	path := func(name string) string { return filepath.Join(dir, name) }
	const half = 8
	ada, grace := call(t, 2*half, 0)
	// part listens while a part of the call is played, and returns what was said on standard error.
	part := func(begin int, args string) string {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		out, errs := &sayer{said: make(chan string, 1)}, new(bytes.Buffer)
		status := make(chan int)
		go func() {
			status <- run(ctx, strings.Fields("listen --model light --nats off --device Desk --device speaker "+args), nil, out, errs)
		}()
		select {
		case <-out.said:
		case s := <-status:
			t.Fatalf("status %d: %s", s, errs)
		}
		var playing sync.WaitGroup
		for sink, sound := range map[string][]float32{"room": ada, "speaker": grace} {
			wav := path(sink + ".wav")
			writeCardWAV(t, wav, convert(t, capture.Rate, cardRate, sound[begin*capture.Rate:(begin+half)*capture.Rate]))
			playing.Go(func() {
				if err := card.PlayTo(sink, wav); err != nil {
					t.Error(err)
				}
			})
		}
		playing.Wait()
		time.Sleep(1500 * time.Millisecond) // what is on its way
		cancel()
		if s := <-status; s != exitInterrupted {
			t.Fatalf("status %d, want %d; standard error: %s", s, exitInterrupted, errs)
		}
		return errs.String()
	}
	part(0, "--names Ada,Grace --stream call --json")
	if s := run(t.Context(), strings.Fields("listen --model light --nats off --device speaker --device Desk --resume call"), nil, io.Discard, new(bytes.Buffer)); s != exitUsage {
		t.Errorf("microphones that have changed places: status %d", s)
	}
	errs := part(half, "--resume call --json --rttm "+path("call.rttm"))
	if !strings.Contains(errs, "going on with call, 2 speakers") || !strings.Contains(errs, "were missed") {
		t.Errorf("standard error: %s", errs)
	}
	before, after := map[string]float64{}, map[string]float64{}
	for _, s := range segmentsIn(t, path("call.rttm")) {
		if s.Start < half {
			before[s.Speaker] += s.End - s.Start
		} else if s.Start > half+1.5 {
			after[s.Speaker] += s.End - s.Start
		}
	}
	t.Logf("%v before, %v after", before, after)
	if len(before) != 2 || before["Ada"] < 1 || before["Grace"] < 1 || len(after) == 0 || after["Ada"]+after["Grace"] < 2 {
		t.Errorf("%v before, %v after", before, after)
	}
	for name := range after {
		if before[name] == 0 {
			t.Errorf("%s was not there before", name)
		}
	}
}
