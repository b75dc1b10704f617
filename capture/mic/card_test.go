//go:build portaudio && cgo

package mic

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/testkit/soundcard"
)

// patience is how long a test waits for what has to come; a busy machine may
// need it.
const patience = 60 * time.Second

func openCard(t *testing.T, opts Options) *Mic {
	t.Helper()
	host, err := System()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	m, err := Open(ctx, host, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// hear reads until that much sound has come, and returns the places of gaps.
func hear(t *testing.T, m *Mic, n int, at *int64) (jumps []gap) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for n > 0 {
		b, err := m.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if b.Start < *at {
			t.Fatalf("block at %d after %d", b.Start, *at)
		}
		if b.Start > *at {
			jumps = append(jumps, gap{*at, b.Start})
		}
		*at = b.End()
		n -= len(b.Samples)
	}
	return jumps
}

// await waits for a notice.
func await(t *testing.T, m *Mic, kind NoticeKind) Notice {
	t.Helper()
	limit := time.After(patience)
	for {
		select {
		case n, ok := <-m.Notices():
			if !ok {
				t.Fatal("the notices end")
			}
			t.Log(n)
			if n.Kind == kind {
				return n
			}
		case <-limit:
			t.Fatalf("no notice of kind %d", kind)
		}
	}
}

// feed writes silence of the loudness of a quiet room to a pipe whenever on is
// set, until the test is over.
func feed(t *testing.T, pipe *os.File, on *atomic.Bool) {
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 2*capture.Rate/50)
		for i := range b {
			b[i] = byte(i & 3)
		}
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
				if on.Load() {
					_ = pipe.SetWriteDeadline(time.Now().Add(time.Second))
					_, _ = pipe.Write(b) // nobody may be reading
				}
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-done })
}

func TestCardDevices(t *testing.T) {
	soundcard.Start(t)
	host, _ := System()
	devices, err := host.Devices()
	if err != nil {
		t.Fatal(err)
	}
	d, err := Find(devices, "")
	if err != nil || !d.Default || d.Name == "" || d.HostAPI == "" || d.Channels < 1 || d.Rate < 8000 {
		t.Errorf("%+v, %v", d, err)
	}
	for _, want := range devices {
		if got, err := Find(devices, want.Name); err != nil || got != want {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
	if _, err := Open(t.Context(), host, Options{Device: "no such thing"}); !errors.Is(err, ErrNoDevice) {
		t.Error(err)
	}
}

func TestCardKilledAndBack(t *testing.T) {
	card, pipe, _ := soundcard.StartPipe(t)
	var on atomic.Bool
	on.Store(true)
	feed(t, pipe, &on)
	m := openCard(t, Options{Rate: 16000})
	var at int64
	hear(t, m, capture.Rate, &at)
	card.Kill()
	if n := await(t, m, Lost); !errors.Is(n.Err, ErrGone) && !errors.Is(n.Err, ErrNoSound) {
		t.Error(n.Err)
	}
	if n := await(t, m, Failed); n.Err == nil {
		t.Error("no reason")
	}
	card.Restart()
	pipe, _ = card.Pipe()
	feed(t, pipe, &on)
	n := await(t, m, Back)
	jumps := hear(t, m, 2*capture.Rate, &at)
	var lost time.Duration
	for _, j := range jumps {
		lost += j.length()
	}
	if len(jumps) == 0 || (lost-n.Away).Abs() > 2*time.Second {
		t.Errorf("jumps %v, of %v, away for %v", jumps, lost, n.Away)
	}
}

func TestCardStalls(t *testing.T) {
	card, pipe, module := soundcard.StartPipe(t)
	var on atomic.Bool
	on.Store(true)
	feed(t, pipe, &on)
	m := openCard(t, Options{Rate: 16000})
	var at int64
	hear(t, m, capture.Rate, &at)
	on.Store(false)
	if n := await(t, m, Lost); !errors.Is(n.Err, ErrNoSound) {
		t.Error(n.Err)
	}
	on.Store(true)
	await(t, m, Back)
	if jumps := hear(t, m, 2*capture.Rate, &at); len(jumps) == 0 {
		t.Error("no gap")
	}
	card.Unload(module) // the only microphone of the server
	await(t, m, Lost)
	pipe, _ = card.Pipe()
	feed(t, pipe, &on)
	await(t, m, Back)
	if jumps := hear(t, m, 2*capture.Rate, &at); len(jumps) == 0 {
		t.Error("no gap")
	}
}

// TestCardStop closes a Mic in every state. TestMain checks that no goroutine is left.
func TestCardStop(t *testing.T) {
	t.Run("stalled", func(t *testing.T) {
		_, pipe, _ := soundcard.StartPipe(t)
		var on atomic.Bool
		on.Store(true)
		feed(t, pipe, &on)
		m := openCard(t, Options{Rate: 16000})
		on.Store(false)
		var at int64
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		for {
			b, err := m.Next(ctx)
			if err != nil {
				break // nothing comes any more
			}
			at = b.End()
		}
		if err := m.Close(); err != nil || at == 0 {
			t.Error(at, err)
		}
	})
	t.Run("opening again", func(t *testing.T) {
		card, pipe, _ := soundcard.StartPipe(t)
		var on atomic.Bool
		on.Store(true)
		feed(t, pipe, &on)
		m := openCard(t, Options{Rate: 16000})
		card.Kill()
		await(t, m, Lost)
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Run("the moment it is killed", func(t *testing.T) {
		card := soundcard.Start(t)
		m := openCard(t, Options{})
		card.Kill()
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Run("while Next waits", func(t *testing.T) {
		soundcard.Start(t)
		m := openCard(t, Options{})
		done := make(chan error)
		go func() {
			for {
				if _, err := m.Next(context.Background()); err != nil {
					done <- err
					return
				}
			}
		}()
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	})
	t.Run("before the first sound", func(t *testing.T) {
		soundcard.StartPipe(t)
		host, _ := System()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := Open(ctx, host, Options{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

// TestCardSlowListener: sound that a slow reader does not take is dropped and counted, and is a gap of exactly that
// length.
func TestCardSlowListener(t *testing.T) {
	soundcard.Start(t)
	m := openCard(t, Options{Buffer: time.Second})
	await(t, m, Overflowed)
	var at int64
	jumps := hear(t, m, 3*capture.Rate, &at)
	if len(jumps) == 0 {
		t.Fatal("no gap")
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	for {
		b, err := m.Next(t.Context())
		if err != nil {
			break
		}
		if b.Start > at {
			jumps = append(jumps, gap{at, b.Start})
		}
		at = b.End()
	}
	var sum int64
	for _, j := range jumps {
		sum += j.to - j.from
	}
	if n := m.Overflow(); n == 0 || n < sum {
		t.Errorf("%d samples dropped, gaps of %d", n, sum)
	}
}

// TestCardChannel hears each channel alone through ALSA, where the sound server claims 32 channels.
func TestCardChannel(t *testing.T) {
	card := soundcard.Start(t)
	host, err := System()
	if err != nil {
		t.Fatal(err)
	}
	wav := filepath.Join(t.TempDir(), "right.wav")
	tone(t, wav, 0, 0.5)
	for channel, want := range map[capture.Channel]float64{1: 0, 2: 0.5, capture.Mix: 0.25} {
		hearTone(t, card, host, Options{Channel: channel}, "speaker", wav, want)
	}
}
