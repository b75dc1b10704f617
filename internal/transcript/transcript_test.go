package transcript

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/publish"
)

// scene is a short conversation with everything that a transcript can show.
func scene() []publish.Event {
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	enc := publish.Encoder{Stream: "standup", Run: "run", Now: func() time.Time { return start }}
	at := func(s float64) int64 { return int64(s * publish.Rate) }
	turn := func(kind online.Kind, id, speaker int, from, to float64, state online.State) publish.Event {
		return enc.Encode(online.Event{Kind: kind, At: at(to), Turn: online.Turn{ID: id, Speaker: speaker,
			Start: at(from), End: at(to), Confidence: 0.934, State: state}})
	}
	return []publish.Event{
		enc.Start(publish.Source{Name: "Stand-up"}),
		enc.Encode(online.Event{Kind: online.SpeakerAdded, At: at(2), Speaker: 1}),
		turn(online.TurnStarted, 1, 1, 0.5, 2, online.Provisional),
		turn(online.TurnUpdated, 1, 1, 0.5, 2.5, online.Provisional),
		turn(online.TurnEnded, 1, 1, 0.5, 2.7, online.Final),
		turn(online.TurnEnded, 2, 0, 2.7, 3, online.Final),
		turn(online.TurnEnded, 3, 2, 3.1, 5, online.Final),
		turn(online.TurnRevised, 2, 2, 2.7, 3.1, online.Revised),
		turn(online.TurnRevised, 2, 2, 2.7, 3, online.Revised),
		enc.Identify(at(6), 1, "Ada\x1b[31m", 0.99),
		turn(online.TurnEnded, 4, 1, 61, 65.25, online.Final),
		turn(online.TurnWithdrawn, 2, 2, 2.7, 3, online.Final),
		enc.Encode(online.Event{Kind: online.SpeakerMerged, At: at(66), Speaker: 2, Into: 1}),
		enc.Gap(at(70), at(70.5)),
		turn(online.TurnEnded, 5, 1, 3723, 3725, online.Final),
		enc.Finish(at(3726), publish.Failed, "microphone\nlost"),
	}
}

const plain = `listening to Stand-up
 00:00.5  S1          2.2 s   93 %
 00:02.7  unknown     0.3 s   93 %
 00:03.1  S2          1.9 s   93 %
 00:02.7  S2          0.4 s   93 %  not unknown
 00:02.7  S2          0.3 s   93 %  was 00:02.7–00:03.1
          S1 is Ada·[31m 99 %
 01:01.0  Ada·[31m    4.2 s   93 %
 00:02.7  00:02.7–00:03.0 is part of another turn
          S2 is Ada·[31m after all
 01:10.0  0.5 s of sound lost
1:02:03  Ada·[31m    2.0 s   93 %
failed at 1:02:06: 1 speaker, 4 turns: microphone·lost
`

func TestTranscriptIsReadable(t *testing.T) {
	var out bytes.Buffer
	p := New(&out, Options{})
	for _, e := range scene() {
		for range 2 { // a redelivery prints nothing
			if err := p.Event(e); err != nil && e.Kind != publish.StreamEnded {
				t.Fatal(err)
			}
			if e.Kind == publish.StreamEnded {
				break
			}
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
		for _, e := range []publish.Event{e, other} {
			if e.Stream == "lecture" && i == 5 {
				continue // a hole does not silence a stream
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
	if a, b := strings.Count(out.String(), "standup"), strings.Count(out.String(), "lecture"); a != b+1 {
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
	//  00:00.5  S1          2.2 s   93 %
}
