package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/mic"
)

// listed is a sound system that lists devices and opens none.
type listed []mic.Device

func (l listed) Devices() ([]mic.Device, error) { return l, nil }

func (l listed) Open(mic.Device, int, int) (mic.Stream, error) {
	return nil, errors.New("cannot be opened")
}

func TestDevices(t *testing.T) {
	host := listed{
		{Index: 0, Name: "Built-in", HostAPI: "ALSA", Channels: 2, Rate: 44100},
		{Index: 4, Name: "USB microphone", HostAPI: "ALSA", Channels: 1, Rate: 48000, Default: true},
	}
	var out, errs bytes.Buffer
	if err := devices(&out, &errs, host, false); err != nil || errs.Len() > 0 {
		t.Fatal(err, errs.String())
	}
	want := `   INDEX  NAME            HOST API  CHANNELS  RATE
   0      Built-in        ALSA      2         44100 Hz
*  4      USB microphone  ALSA      1         48000 Hz
`
	if out.String() != want {
		t.Errorf("%s\nwant\n%s", out.String(), want)
	}
	out.Reset()
	var got []mic.Device
	if err := devices(&out, &errs, host, true); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || !reflect.DeepEqual(got, []mic.Device(host)) {
		t.Errorf("%v, %v", got, err)
	}
	out.Reset()
	if err := devices(&out, &errs, listed(nil), true); err != nil || strings.TrimSpace(out.String()) != "[]" {
		t.Errorf("%q, %v", out.String(), err)
	}
	if err := devices(&out, &errs, listed(nil), false); err != nil || !strings.Contains(errs.String(), "plug in") {
		t.Errorf("%q, %v", errs.String(), err)
	}
}

func TestListenFlags(t *testing.T) {
	for args, says := range map[string]string{
		"--rate -1":      "--rate -1: expected",
		"--channel each": "expected --names",
		"--channel each --names A --device x --device y": "with one --device",
		"--names A,B":                       "2 names for 1 microphone",
		"--device x --device y --names A":   "1 name for 2 microphones",
		"--device x --device y --names A,A": "A is there twice",
		"--device x --device y --identify":  "with one microphone",
		"--channel x":                       "--channel: channel \"x\"",
		"--speech x.rttm":                   "with recordings only",
		"--utterances x.rttm":               "with recordings only",
		"--no-such-flag":                    "unknown flag",
		"meeting.wav":                       "for a recording: diarizer run meeting.wav",
		"--device x --nats off -h":          "",
	} {
		status, _, stderr := diarizer(t.Context(), nil, append([]string{"listen"}, strings.Fields(args)...)...)
		if says == "" && status != 0 || says != "" && (status != exitUsage || !strings.Contains(stderr, says)) {
			t.Errorf("listen %s: status %d, %s", args, status, stderr)
		}
	}
}

// level is a level line that draws although w is no terminal.
func level(w *bytes.Buffer) *levelLine { return &levelLine{w: w, on: true, name: "desk"} }

func tone(start int64, amplitude float64, n int) capture.Block {
	b := capture.Block{Start: start, Samples: make([]float32, n)}
	for i := range b.Samples {
		b.Samples[i] = float32(amplitude * math.Sin(float64(i)))
	}
	return b
}

func TestLevel(t *testing.T) {
	for amplitude, c := range map[float64]struct {
		cells int
		says  string
	}{
		1:    {28, "   0 dB  too loud"},
		.1:   {18, " -20 dB"},
		.001: {0, " -60 dB"},
		0:    {0, " -99 dB"},
	} {
		var out bytes.Buffer
		l := level(&out)
		l.heard(tone(3600*capture.Rate, amplitude, levelEvery))
		s := out.String()
		if n := strings.Count(s, "█"); n < c.cells-1 || n > c.cells+1 || !strings.Contains(s, c.says) || !strings.Contains(s, "1:00:00 ") {
			t.Errorf("%g: %d cells, want %d: %q", amplitude, n, c.cells, s)
		}
		if strings.Count(s, "\n") > 0 {
			t.Errorf("more than a line: %q", s)
		}
		out.Reset()
		if _, err := l.Write([]byte("said\n")); err != nil || out.String() != clearLine+"said\n" {
			t.Errorf("%q, %v", out.String(), err)
		}
	}
}

// TestMuted: silence is told once, after five seconds, and once more after sound.
func TestMuted(t *testing.T) {
	var out bytes.Buffer
	l := level(&out)
	var at int64
	hear := func(amplitude float64, seconds int) int {
		out.Reset()
		for range seconds * 50 {
			l.heard(tone(at, amplitude, 320))
			at += 320
		}
		return strings.Count(out.String(), `no sound from "desk" for 5 s: is it muted?`)
	}
	for i, c := range []struct {
		amplitude     float64
		seconds, said int
	}{{0, 4, 0}, {0, 10, 1}, {.1, 1, 0}, {1e-5, 4, 0}, {1e-5, 2, 1}, {.0005, 20, 0}} {
		if n := hear(c.amplitude, c.seconds); n != c.said {
			t.Errorf("step %d: said %d times, want %d", i, n, c.said)
		}
	}
	l.off()
	out.Reset()
	if hear(0, 10); out.Len() > 0 {
		t.Errorf("%q after off", out.String())
	}
}
