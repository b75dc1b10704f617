package serve

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
	"github.com/seed-7adb9000/diarizer/publish"
)

func TestMain(m *testing.M) {
	if childMain() {
		return
	}
	goleak.VerifyTestMain(m)
}

// anyModel returns a small model with random parameters, which reacts to every difference in the
// sound as a real one does.
func anyModel() *eigenvoice.Model {
	rng := rand.New(rand.NewPCG(1, 7))
	fc := features.Config{Ceps: 12, Energy: true, Deltas: true, DeltaSpan: 2, Filters: 24, LowHz: 100, HighHz: 3800, MeanPrior: 100}
	const size, nu = 16, 4
	m := &eigenvoice.Model{Features: fc, Nu: nu, Phi: 0.1, Slope: 1, FeatureMean: make([]float64, fc.Dim())}
	for range size {
		m.Weights = append(m.Weights, 1.0/size)
		for range fc.Dim() {
			m.Means = append(m.Means, 5*rng.NormFloat64())
			m.Vars = append(m.Vars, 10)
			for range nu {
				m.V = append(m.V, rng.NormFloat64())
			}
		}
	}
	return m
}

// speech makes sound that is detected as speech: harmonics of gliding pitches in turns with pauses
// between them, as 16-bit samples.
func speech(seed uint64, seconds int) []int16 {
	rng := rand.New(rand.NewPCG(seed, 12))
	x := make([]int16, seconds*capture.Rate)
	var phase float64
	pitch, formant := 0.0, 0.0
	for i := range x {
		t := float64(i) / capture.Rate
		if i%(capture.Rate*23/10) == 0 {
			pitch, formant = 90+130*rng.Float64(), 450+400*rng.Float64()
		}
		v := 0.001 * rng.NormFloat64()
		if math.Mod(t, 2.3) < 1.9 {
			f0 := pitch * (1 + 0.1*math.Sin(3*t))
			phase += f0 / capture.Rate
			syllable := 0.6 + 0.4*math.Sin(2*math.Pi*4*t)
			for h := 1.0; h*f0 < 2500; h++ {
				w := 1 / (1 + math.Pow((h*f0-formant)/200, 2))
				v += 0.08 * syllable * w * math.Sin(2*math.Pi*h*phase)
			}
		}
		x[i] = int16(32767 * max(-1, min(1, v)))
	}
	return x
}

// packetSize is the length of the packets of these tests, 50 ms.
const packetSize = capture.Rate / 20

// packetsOf makes the packets of a session, the end mark included.
func packetsOf(session string, x []int16) []natsaudio.Packet {
	var ps []natsaudio.Packet
	began := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	p := natsaudio.Packet{Session: session, Began: began, Encoding: natsaudio.S16, Rate: capture.Rate, Channels: 1}
	for at := 0; at < len(x); at += packetSize {
		n := min(packetSize, len(x)-at)
		p.Seq++
		p.Position, p.Samples, p.Data = int64(at), n, nil
		for _, v := range x[at : at+n] {
			p.Data = binary.LittleEndian.AppendUint16(p.Data, uint16(v))
		}
		ps = append(ps, p)
	}
	p.Seq++
	p.Position, p.Samples, p.Data, p.End = int64(len(x)), 0, nil, true
	return append(ps, p)
}

// undisturbed returns the events and the timeline that one process without NATS makes of packets.
// The events are text without the fields that differ between runs.
func undisturbed(t testing.TB, stream string, cfg pipeline.Config, ps []natsaudio.Packet) (events []string, lines string) {
	t.Helper()
	events, lines, err := diarized(stream, cfg, ps)
	if err != nil {
		t.Fatal(err)
	}
	return events, lines
}

// diarized is undisturbed for goroutines other than the test's.
func diarized(stream string, cfg pipeline.Config, ps []natsaudio.Packet) (events []string, lines string, err error) {
	rec := &recorder{}
	f, err := newFollower(stream, cfg, rec)
	if err != nil {
		return nil, "", err
	}
	for i, p := range ps {
		msg, err := p.Message(natsaudio.Subject(stream))
		if err != nil {
			return nil, "", err
		}
		if err := f.push(context.Background(), message{number: uint64(i + 1), stored: time.Unix(0, 0), header: msg.Header, data: msg.Data}); err != nil {
			return nil, "", err
		}
	}
	if !f.ended {
		return nil, "", errors.New("the run has not ended")
	}
	lines, err = rec.rttm()
	return rec.text, lines, err
}

// recorder keeps the events that it is given.
type recorder struct {
	text     []string
	timeline event.Timeline
}

func (r *recorder) put(_ context.Context, e event.Event) error {
	r.text = append(r.text, plain(e))
	return r.timeline.Apply(e)
}

func (r *recorder) rttm() (string, error) {
	var b strings.Builder
	err := rttm.Write(&b, r.timeline.Segments())
	return b.String(), err
}

// plain is an event without the fields that may differ between two runs.
func plain(e event.Event) string {
	e.Run, e.Wall, e.Status = "", time.Time{}, nil
	b, err := json.Marshal(e)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// feed publishes packets in order. speed is the seconds of sound per second.
func feed(ctx context.Context, nc *nats.Conn, stream string, ps []natsaudio.Packet, speed float64) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	began := time.Now()
	for _, p := range ps {
		due := began.Add(time.Duration(float64(p.Position) / float64(p.Rate) / speed * float64(time.Second)))
		if !wait.Sleep(ctx, max(0, time.Until(due))) {
			return ctx.Err()
		}
		msg, err := p.Message(natsaudio.Subject(stream))
		if err != nil {
			return err
		}
		for { // as a sender does
			// An acknowledgement that is lost with its server never comes.
			once, cancel := context.WithTimeout(ctx, ackWithin)
			_, err := js.PublishMsg(once, msg, jetstream.WithRetryAttempts(0))
			cancel()
			if err == nil {
				break
			}
			if !wait.Sleep(ctx, 50*time.Millisecond) {
				return fmt.Errorf("stream %s, packet %d: %w", stream, p.Seq, err)
			}
		}
	}
	return nil
}

// told reads the events of a stream's last run until it ends. It fails if one is missing or out of
// order.
func told(ctx context.Context, nc *nats.Conn, stream string) (events []string, lines string, err error) {
	rec := &recorder{}
	run := ""
	for m, err := range publish.Subscribe(ctx, nc, publish.SubscribeOptions{Streams: []string{stream}}) {
		if err != nil {
			return rec.text, "", err
		}
		if m.Run != run {
			if m.Seq != 1 {
				return rec.text, "", fmt.Errorf("run %s begins with event %d", m.Run, m.Seq)
			}
			run, rec = m.Run, &recorder{}
		}
		if want := uint64(len(rec.text) + 1); m.Seq != want {
			return rec.text, "", fmt.Errorf("stream %s: event %d after event %d", stream, m.Seq, want-1)
		}
		if err := rec.put(ctx, m.Event); err != nil {
			return rec.text, "", err
		}
		if m.Kind == event.StreamEnded && m.End.Reason != event.Failed {
			lines, err := rec.rttm()
			return rec.text, lines, err
		}
	}
	return rec.text, "", fmt.Errorf("stream %s: %d events without an end: %w", stream, len(rec.text), ctx.Err())
}

// testOptions are the options of a worker that notices a dead worker quickly.
func testOptions(cfg pipeline.Config) Options {
	return Options{Pipeline: cfg, Limit: 100, Checkpoint: 2 * time.Second, Beat: 300 * time.Millisecond, Dead: 2500 * time.Millisecond}
}

// worker is a Worker in a goroutine.
type worker struct {
	*Worker
	stop context.CancelFunc
	done chan error
}

func startWorker(t testing.TB, nc *nats.Conn, opts Options) *worker {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w := &worker{stop: cancel, done: make(chan error, 1)}
	ready := make(chan *Worker, 1)
	if opts.Log == nil {
		opts.Log = logger(t)
	}
	go func() { w.done <- Run(ctx, nc, opts, func(w *Worker) { ready <- w }) }()
	select {
	case w.Worker = <-ready:
	case err := <-w.done:
		t.Fatalf("worker: %v", err)
	}
	t.Cleanup(func() { w.end(t) })
	return w
}

// end drains the worker.
func (w *worker) end(t testing.TB) {
	w.stop()
	if err, ok := <-w.done; ok {
		close(w.done)
		if err != nil {
			t.Errorf("worker: %v", err)
		}
	}
}

// newHeld is a lease that always holds.
func newHeld(context.Context) error { return nil }

func countSent(testing.TB) func(event.Event) { return func(event.Event) {} }
