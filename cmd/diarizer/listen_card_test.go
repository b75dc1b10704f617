//go:build portaudio && cgo

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/resample"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/testkit/soundcard"
)

// heardSeconds is how much of the demo is played: six turns of four speakers.
const heardSeconds = 20

// cardRate is the rate of the sound card, in hertz. The card does not resample sound of this
// rate.
const cardRate = 3 * capture.Rate

// convert changes the sample rate of a sound.
func convert(t *testing.T, from, to int, samples []float32) []float32 {
	t.Helper()
	rs, err := resample.New(from, to)
	if err != nil {
		t.Fatal(err)
	}
	return rs.Flush(rs.Push(nil, samples))
}

// writeCardWAV writes samples at the card's rate as a WAV file.
func writeCardWAV(t *testing.T, path string, samples []float32) {
	t.Helper()
	const rate = cardRate
	b := []byte("RIFF....WAVEfmt ")
	for _, v := range []any{uint32(16), uint16(1), uint16(1), uint32(rate), uint32(2 * rate), uint16(2), uint16(16)} {
		b, _ = binary.Append(b, binary.LittleEndian, v)
	}
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(2*len(samples)))
	for _, x := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(math.RoundToEven(float64(max(-1, min(.9999, x)))*(1<<15)))))
	}
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// sayer is a standard output that tells when a line has been written to it.
type sayer struct {
	bytes.Buffer
	said chan string
}

func (s *sayer) Write(p []byte) (int, error) {
	select {
	case s.said <- string(p):
	default:
	}
	return s.Buffer.Write(p)
}

// readSound returns all samples of a recording.
func readSound(t *testing.T, path string) (all []float32) {
	t.Helper()
	rec, err := capture.Open(t.Context(), path, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	for {
		b, err := rec.Next(t.Context())
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b.Samples...)
	}
}

// find returns where the sound of played begins in heard, in samples at the card's rate, and
// the correlation of the two from there on. heard is at 16 kHz and silent before that moment.
func find(t *testing.T, heard, played []float32) (at int, r float64) {
	first := func(x []float32) int {
		return slices.IndexFunc(x, func(v float32) bool { return v > .001 || v < -.001 })
	}
	r = -1
	for phase := range cardRate / capture.Rate {
		part := convert(t, cardRate, capture.Rate, played[phase:])
		coarse := first(heard) - first(part)
		for try := max(0, coarse-300); try < coarse+300 && try+len(part) <= len(heard); try++ {
			if correlation(heard[try:try+capture.Rate], part[:capture.Rate]) <= r {
				continue
			}
			if c := correlation(heard[try:try+len(part)], part); c > r {
				at, r = try*cardRate/capture.Rate-phase, c
			}
		}
	}
	return at, r
}

func correlation(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / max(1e-9, math.Sqrt(aa*bb))
}

// TestListenHearsWhatReplayReads: the same sound through a microphone and from its file gives
// the same turns. The file is replayed with as much silence as there was before the sound was
// played, because frames are counted from the beginning of a stream. A sound server on a busy
// machine may swallow a moment, which can turn a decision at its edge: then all is heard again.
func TestListenHearsWhatReplayReads(t *testing.T) {
	defer goleak.VerifyNone(t)
	card := soundcard.Start(t)
	samples := convert(t, capture.Rate, cardRate, demoSamples(t, heardSeconds))
	for try := 1; ; try++ {
		live, played, r := listenTwice(t, card, samples)
		if try < 3 && len(live) != len(played) {
			t.Logf("try %d: %d turns, and %d of what was played; the sounds' correlation is %.7f", try, len(live), len(played), r)
			continue
		}
		offset := sameTurns(t, "what was played", live, played, .05)
		t.Logf("%d turns, %.3f s after those of the file; the sounds' correlation is %.5f", len(live), offset, r)
		return
	}
}

// listenTwice plays samples to the microphone. It returns the turns of listen, those of a replay
// of what was played, and the correlation of both sounds. The turns of a replay of what listen has
// recorded have to be those of listen.
func listenTwice(t *testing.T, card *soundcard.Card, samples []float32) (live, played []rttm.Segment, r float64) {
	t.Helper()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	writeCardWAV(t, path("demo.wav"), samples)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, errs := &sayer{said: make(chan string, 1)}, new(bytes.Buffer)
	status := make(chan int)
	go func() {
		status <- run(ctx, []string{"listen", "--nats", "off", "--rttm", path("live.rttm"), "--record", path("heard.flac")}, nil, out, errs)
	}()
	select {
	case <-out.said:
	case s := <-status:
		t.Fatalf("status %d: %s", s, errs)
	}
	if err := card.Play(path("demo.wav")); err != nil {
		t.Error(err)
	}
	time.Sleep(1500 * time.Millisecond) // until the last sound has been heard
	cancel()
	said := regexp.MustCompile(`^wrote \S*live.rttm, \d+ bytes\nwrote \S*heard.flac, [0-9.]+ kB\n$`)
	if s := <-status; s != exitInterrupted || !said.MatchString(errs.String()) {
		t.Fatalf("status %d, want %d; standard error: %s", s, exitInterrupted, errs)
	}
	if !strings.Contains(out.String(), "interrupted") {
		t.Errorf("the transcript ends without saying why:\n%s", out)
	}

	heard := readSound(t, path("heard.flac"))
	at, r := find(t, heard, samples)
	if r < .999 {
		t.Errorf("what was heard is not what was played: correlation %.4f", r)
	}
	writeCardWAV(t, path("shifted.wav"), append(make([]float32, at), samples...))
	for _, name := range []string{"shifted.wav", "heard.flac"} {
		if s := run(t.Context(), []string{"replay", "--nats", "off", "--speed", "max", "--rttm", path(name + ".rttm"), path(name)}, nil, io.Discard, errs); s != 0 {
			t.Fatalf("replay %s: %s", name, errs)
		}
	}
	live = segmentsIn(t, path("live.rttm"))
	// The recording has 16 bits and the microphone had more. The rounding can move a
	// decision by one step of the detector.
	sameTurns(t, "the recording of what was heard", live, segmentsIn(t, path("heard.flac.rttm")), .05)
	return live, segmentsIn(t, path("shifted.wav.rttm")), r
}

// A result that goes to standard output leaves the transcript to standard error.
func TestListenToStandardOutput(t *testing.T) {
	defer goleak.VerifyNone(t)
	soundcard.Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out, errs shout
	status := make(chan int)
	go func() {
		status <- run(ctx, strings.Fields("listen --model light --nats off --out vtt:-"), nil, &out, &errs)
	}()
	errs.wait(t, "listening to")
	cancel()
	if s := <-status; s != exitInterrupted || !strings.HasPrefix(out.String(), "WEBVTT") {
		t.Errorf("status %d, %q; standard error: %s", s, out.String(), errs.String())
	}
}

func segmentsIn(t *testing.T, path string) []rttm.Segment {
	t.Helper()
	s, err := rttm.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sameTurns checks that two timelines have the same turns of the same speakers, under any
// names. Their times may differ by a constant offset, which it returns, and by tolerance, both
// in seconds.
func sameTurns(t *testing.T, what string, got, want []rttm.Segment, tolerance float64) (offset float64) {
	t.Helper()
	if len(got) != len(want) || len(want) < 4 {
		t.Fatalf("%s: %d turns, want %d:\n%v\n%v", what, len(got), len(want), got, want)
	}
	var apart []float64
	there, back := map[string]string{}, map[string]string{}
	for i, g := range got {
		w := want[i]
		apart = append(apart, g.Start-w.Start, g.End-w.End)
		for _, p := range []struct {
			m    map[string]string
			a, b string
		}{{there, g.Speaker, w.Speaker}, {back, w.Speaker, g.Speaker}} {
			if was, ok := p.m[p.a]; ok && was != p.b {
				t.Errorf("%s: turn %d at %.2f s is of %s, before that was %s", what, i, g.Start, p.b, was)
			}
			p.m[p.a] = p.b
		}
	}
	slices.Sort(apart)
	first, last := apart[0], apart[len(apart)-1]
	offset = (first + last) / 2
	if last-first > 2*tolerance+1e-9 {
		t.Errorf("%s: times are %.3f to %.3f s apart, want them within %.3f of a constant", what, first, last, tolerance)
	}
	return offset
}
