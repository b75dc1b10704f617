package httpapi_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/raced"
	"github.com/seed-7adb9000/diarizer/internal/web/httpapi"
)

// elsewhere is a sound as another device in the room hears it: softer, so many samples
// later, and with noise.
func elsewhere(sound []byte, loud float64, delay int, noise float64) []byte {
	rng := rand.New(rand.NewPCG(7, 7))
	out := make([]byte, 0, len(sound))
	for i := range len(sound) / 2 {
		x := 0.0
		if i >= delay {
			x = loud * float64(int16(binary.LittleEndian.Uint16(sound[2*(i-delay):])))
		}
		out = binary.LittleEndian.AppendUint16(out, uint16(int16(math.Round(x+noise*32768*rng.NormFloat64()))))
	}
	return out
}

// near compares turns with other turns: the same speakers, and the same times within 50 ms.
func near(t *testing.T, got, want *event.Timeline) {
	t.Helper()
	same := slices.EqualFunc(got.Turns(), want.Turns(), func(a, b event.Turn) bool {
		return a.Speaker == b.Speaker && math.Abs((a.Start-b.Start).Seconds()) <= 0.05 && math.Abs((a.End-b.End).Seconds()) <= 0.05
	})
	if !same {
		t.Errorf("got\n%+v\nexpected\n%+v", got.Turns(), want.Turns())
	}
}

// Two devices are in one room. The second one is far away, hears later, joins later, and
// goes on when the first has left. Each speaker is one speaker, and the turns are those of
// a replay.
func TestTwoDevicesOfOneRoom(t *testing.T) {
	sound := samples(t)
	want := timelineOf(t, "room", bytes.NewReader(sound), raw)
	for name, c := range map[string]struct {
		loud, noise          float64
		delay, joins, leaves int // seconds; the delay is in samples
	}{
		"both to the end": {loud: 0.3, noise: 0.0005, delay: 200},
		"joins late":      {loud: 0.3, noise: 0.0005, delay: 200, joins: 3},
		"one leaves":      {loud: 0.8, noise: 0.0001, delay: 100, joins: 1, leaves: 11},
	} {
		if raced.Enabled && name != "one leaves" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			s := serve(t, httpapi.Limits{}, "")
			other := elsewhere(sound, c.loud, c.delay, c.noise)
			one := s.open("stream=room&name=room")
			var two *client
			from := 0 // where the second device joined
			for at := 0; at < len(sound); at += 2 * piece {
				if c.leaves == 0 || at < c.leaves*32000 {
					one.send(sound[at:min(len(sound), at+2*piece)])
				} else if !one.ended {
					one.end()
				}
				if two == nil && at >= c.joins*32000 {
					// All sound has arrived, so that both devices are equally far.
					if err := one.read(func() bool { return one.position*2 >= int64(at) }); err != nil {
						t.Fatal(err)
					}
					two, from = s.open("stream=room&join=true"), at
				}
				if at >= c.joins*32000 {
					two.send(other[at:min(len(sound), at+2*piece)])
				}
				if two == nil || at/(2*piece)%40 > 0 {
					continue
				}
				// The room hears as fast as the slower device sends.
				if err := two.read(func() bool { return two.position*2 >= int64(at-from) }); err != nil {
					t.Fatal(err)
				}
			}
			if !one.ended {
				one.end()
			}
			two.end()
			near(t, two.timeline, want)
			if len(two.notices) > 0 || two.timeline.Ended() == nil {
				t.Errorf("notices %q, ended with %+v", two.notices, two.timeline.Ended())
			}
		})
	}
}

// A device that joins is told the stream from its beginning. A device that leaves is told
// that its recording has ended. A device cannot join a stream that no device records.
func TestJoining(t *testing.T) {
	s := serve(t, httpapi.Limits{Live: 12}, "")
	for _, c := range []struct {
		status int
		says   string
		query  string
	}{
		{404, "no recording to join", "stream=room&join=true"},
		{400, "stream=ID", "join=true"},
		{400, "true or false", "stream=room&join=perhaps"},
	} {
		if status, text, _ := s.ask("GET", "/v1/live?"+c.query, nil, ws...); status != c.status || !strings.Contains(text, c.says) {
			t.Errorf("%s: %d, %s", c.query, status, text)
		}
	}
	sound := samples(t)
	one := s.open("stream=room")
	for at := 0; at < 32000*9; at += 32000 {
		one.send(sound[at : at+32000])
	}
	if err := one.read(func() bool { return len(one.timeline.Turns()) > 1 }); err != nil {
		t.Fatal(err)
	}
	if status, text, _ := s.ask("GET", "/v1/live?stream=room&join=true", nil); status != 426 {
		t.Error(status, text)
	}
	if status, text, _ := s.ask("GET", "/v1/live?stream=room", nil, ws...); status != 409 {
		t.Error(status, text)
	}
	two := s.open("stream=room&join=true")
	if err := two.read(func() bool { return len(two.timeline.Turns()) > 1 }); err != nil {
		t.Fatal(err)
	}
	for range 6 { // eight devices are the most
		s.open("stream=room&join=true")
	}
	if _, answer, err := s.dial("stream=room&join=true", nil); err == nil || answer.StatusCode != 503 {
		t.Errorf("a ninth device: %v", err)
	}
	two.end()
	if two.timeline.Ended() != nil {
		t.Error("the stream has ended with one of its devices")
	}
}

// A device whose connection hangs keeps the others waiting for at most a second.
func TestDeviceThatHangs(t *testing.T) {
	s := serve(t, httpapi.Limits{Resume: time.Minute}, "")
	sound := samples(t)
	want := timelineOf(t, "room", bytes.NewReader(sound), raw)
	one := s.open("stream=room&name=room")
	two := s.open("stream=room&join=true")
	for at := 0; at < len(sound); at += 2 * piece {
		part := sound[at:min(len(sound), at+2*piece)]
		if at < 10*32000 {
			one.send(part)
		}
		two.send(part)
		if at/(2*piece)%40 == 0 {
			if err := two.read(func() bool { return two.position*2 >= int64(at) }); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := two.read(func() bool { return len(two.timeline.Turns()) >= len(want.Turns())-1 }); err != nil {
		t.Fatal(err)
	}
	one.end() // before the other one, which is told everything only if it is the last
	two.end()
	near(t, two.timeline, want)
}
