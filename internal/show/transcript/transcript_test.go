package transcript

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

// scene is a short conversation with everything that a transcript can show.
func scene() []event.Event {
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	enc := event.Encoder{Stream: "standup", Run: "run", Now: func() time.Time { return start }}
	at := func(s float64) int64 { return int64(s * event.Rate) }
	turn := func(kind online.Kind, when float64, id, speaker int, from, to float64) event.Event {
		return online.Encode(&enc, online.Event{Kind: kind, At: at(when), Turn: online.Turn{ID: id, Speaker: speaker,
			Start: at(from), End: at(to), Confidence: 0.934, State: online.Final}})
	}
	return []event.Event{
		enc.Start(event.Source{Name: "Stand-up"}),
		online.Encode(&enc, online.Event{Kind: online.SpeakerAdded, At: at(2), Speaker: 1}),
		turn(online.TurnStarted, 2, 1, 1, 0.5, 2),
		turn(online.TurnUpdated, 2.5, 1, 1, 0.5, 2.5),
		turn(online.TurnEnded, 3, 1, 1, 0.5, 2.7),
		turn(online.TurnEnded, 4, 2, 0, 2.7, 3),
		turn(online.TurnUpdated, 5, 2, 0, 2.7, 4.5), // goes on after its end
		turn(online.TurnEnded, 5, 2, 0, 2.7, 4.7),
		turn(online.TurnEnded, 6, 3, 2, 4, 6),       // speaks at the same time for a while
		turn(online.TurnRevised, 7, 2, 2, 2.7, 4.1), // shorter, and a speaker after all
		turn(online.TurnStarted, 7, 4, 1, 6, 7),     // never ends, but ...
		turn(online.TurnRevised, 8, 4, 1, 6, 7.5),   // ... is known like this
		turn(online.TurnRevised, 8, 3, 2, 4.1, 5.8), // too little for a line
		enc.Identify(at(9), 1, "Ada\x1b[31m", 0.99),
		turn(online.TurnEnded, 66, 5, 1, 61, 65.25),
		turn(online.TurnWithdrawn, 66, 4, 1, 6, 7.5),
		online.Encode(&enc, online.Event{Kind: online.SpeakerMerged, At: at(66), Speaker: 2, Into: 1}),
		enc.Gap(at(70), at(70.5)),
		turn(online.TurnEnded, 3726, 6, 1, 3723, 3725),
		enc.Finish(at(3726), event.Failed, "microphone\nlost"),
	}
}

const plain = `listening to Stand-up
   start  speaker    length  sure of the speaker
 00:00.5  S1          2.2 s  93 %
 00:02.7  unknown     0.3 s  93 %
 00:03.0  unknown     1.7 s  93 %
 00:04.0  S2          2.0 s  93 %
          00:02.7–00:04.0 is S2, not unknown
          00:04.0–00:04.7 is S2, not unknown and S2
 00:06.0  S1          1.5 s  93 %
          S1 is Ada·[31m  99 %
 01:01.0  Ada·[31m    4.2 s  93 %
          S2 is Ada·[31m after all
          00:06.0–00:07.5 is nobody, not Ada·[31m
 01:10.0  0.5 s of sound lost
1:02:03  Ada·[31m    2.0 s  93 %
failed at 1:02:06: 1 speaker, 5 turns: microphone·lost
`

func TestTranscriptIsReadable(t *testing.T) {
	var out bytes.Buffer
	p := New(&out, Options{})
	for _, e := range scene() {
		if err := p.Event(e); err != nil {
			t.Fatal(err)
		}
		if e.Kind == event.StreamEnded {
			break
		}
		if err := p.Event(e); err != nil { // an event that comes twice prints nothing
			t.Fatal(err)
		}
	}
	if got := out.String(); got != plain {
		t.Errorf("got\n%s\nexpected\n%s", got, plain)
	}
}

func TestTranscriptOfSeveralStreamsNamesThem(t *testing.T) {
	var out bytes.Buffer
	p := New(&out, Options{Streams: true})
	for i, e := range scene() {
		other := e
		other.Stream = "lecture"
		for _, e := range []event.Event{e, other} {
			if e.Stream == "lecture" && i == 5 {
				continue // a stream goes on after a hole
			}
			if err := p.Event(e); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		if !strings.HasPrefix(line, "standup      ") && !strings.HasPrefix(line, "lecture      ") {
			t.Errorf("a line of no stream: %q", line)
		}
	}
	if a, b := strings.Count(out.String(), "standup"), strings.Count(out.String(), "lecture"); a != b+2 { // there is one heading
		t.Errorf("%d lines of one stream, %d of the other", a, b)
	}
}

func TestJSONLinesKeepWhatTheyDoNotKnow(t *testing.T) {
	var out bytes.Buffer
	j := NewJSONLines(&out)
	if err := j.Raw([]byte("{\"seq\": 1,\n \"mood\": \"good\"}")); err != nil {
		t.Fatal(err)
	}
	if err := j.Event(scene()[0]); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 2 || lines[0] != `{"seq":1,"mood":"good"}` || !strings.Contains(lines[1], `"kind":"stream-started"`) {
		t.Errorf("got %q", lines)
	}
	if err := j.Raw([]byte("{")); err == nil {
		t.Error("broken JSON is no error")
	}
}

func Example() {
	p := New(os.Stdout, Options{})
	for _, e := range scene()[:5] {
		if err := p.Event(e); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// listening to Stand-up
	//    start  speaker    length  sure of the speaker
	//  00:00.5  S1          2.2 s  93 %
}

// What a transcript remembers is bounded, however long a stream goes on.
func TestTranscriptIsBounded(t *testing.T) {
	p := New(io.Discard, Options{})
	p.most = 200
	enc := event.Encoder{Stream: "s", Run: "r"}
	for id := range 1000 {
		turn := online.Turn{ID: id, Speaker: 1 + id%3, Start: int64(id) * 2 * event.Rate, End: (int64(id)*2 + 1) * event.Rate, State: online.Final}
		if err := p.Event(online.Encode(&enc, online.Event{Kind: online.TurnEnded, At: turn.End, Turn: turn})); err != nil {
			t.Fatal(err)
		}
	}
	r := p.runs["s/r"]
	if n, m := len(r.told), len(r.tl.Turns()); n > p.most || m > p.most || n < p.most/2 {
		t.Errorf("%d pieces and %d turns are kept, expected at most %d", n, m, p.most)
	}
}
