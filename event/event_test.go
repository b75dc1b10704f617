package event_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	. "github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/eventtest"
)

func TestEventsSurviveJSON(t *testing.T) {
	for _, e := range eventtest.Encoded(eventtest.Seeded(1), "meeting", 200) {
		data, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, e) {
			t.Fatalf("%s\nread back as %+v\nwas %+v", data, back, e)
		}
	}
}

func TestTimeIsExactInJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := Time(rapid.Int64Range(-MaxTime, MaxTime).Draw(t, "samples"))
		data, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var out Time
		if err := json.Unmarshal(data, &out); err != nil || out != in {
			t.Fatalf("%d samples became %s and %d, %v", in, data, out, err)
		}
		if abs := max(in, -in); abs < 1e11 { // 72 days: at most seven decimals
			if _, decimals, _ := strings.Cut(string(data), "."); len(decimals) > 7 {
				t.Fatalf("%d samples became %s", in, data)
			}
		}
		switch d, got := in.Duration(), TimeOf(in.Duration()); {
		case in > math.MaxInt64/62500:
			if d != math.MaxInt64 {
				t.Fatalf("%d samples, more than there are durations, became %v", in, d)
			}
		case in < -(math.MaxInt64 / 62500):
			if d != math.MinInt64 {
				t.Fatalf("%d samples, less than there are durations, became %v", in, d)
			}
		case got != in:
			t.Fatalf("%d samples became %v and %d", in, d, got)
		}
	})
}

func TestScoreWithoutValueIsNull(t *testing.T) {
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		data, err := json.Marshal(Turn{LogP: Score(f), State: Final})
		if err != nil || !strings.Contains(string(data), `"logp":null`) {
			t.Errorf("%v became %s, %v", f, data, err)
		}
		var turn Turn
		if err := json.Unmarshal(data, &turn); err != nil || !math.IsNaN(float64(turn.LogP)) {
			t.Errorf("%s became %v, %v", data, turn.LogP, err)
		}
	}
}

func TestSpeakerText(t *testing.T) {
	for _, s := range []Speaker{0, 1, 9, 10, 12345} {
		text, err := s.MarshalText()
		var back Speaker
		if err != nil || back.UnmarshalText(text) != nil || back != s {
			t.Errorf("%d became %q and %d, %v", int(s), text, int(back), err)
		}
	}
	for _, bad := range []string{"", "S", "S0", "S01", "S+1", "S-1", "1", "s1", "S1 ", "S99999999999", "Unknown"} {
		var s Speaker
		if err := s.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q became %d", bad, int(s))
		}
	}
	if _, err := Speaker(-1).MarshalText(); err == nil {
		t.Error("speaker -1 has a text")
	}
}

// A reader of today meets fields, kinds and nested fields of tomorrow.
const future = `{"stream":"a","run":"r","seq":7,"kind":"speaker-split","time":1.5,"samples":24000,
	"wall":"2030-01-01T00:00:00Z","revision":2,"parts":[1,{"x":null}],"turn":{"id":1,"speaker":"S1",
	"start":0,"end":1,"logp":null,"confidence":1,"state":"disputed","words":["a"]}}`

func TestUnknownFieldsAndKindsAreSkipped(t *testing.T) {
	e, err := Decode([]byte(future))
	if err != nil {
		t.Fatal(err)
	}
	if e.Seq != 7 || e.At != 24000 || e.Turn.End != 16000 || e.Turn.State != "disputed" {
		t.Errorf("read %+v, turn %+v", e, e.Turn)
	}
	tl := NewPartialTimeline()
	if err := tl.Apply(e); err != nil || tl.Seq() != 7 || len(tl.Turns()) != 0 {
		t.Errorf("an unknown kind gave %v and turns %v", err, tl.Turns())
	}
}

func TestBadEventsSayWhatIsWrong(t *testing.T) {
	good := `{"stream":"a","run":"r","seq":1,"kind":"status","samples":0,"status":{}}`
	if _, err := Decode([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`{"stream"`, `"stream"`, "invalid"},
		{`"a"`, `"a.b"`, `expected 1 to 64 of A-Z a-z 0-9 _ -, such as "a-b`},
		{`"a"`, `""`, "stream"},
		{`"r"`, `"r r"`, "run"},
		{`"seq":1`, `"seq":0`, "seq 0: expected 1"},
		{`"seq":1`, `"seq":-1`, "number"},
		{`"status",`, `"",`, "kind"},
		{`"status",`, `"turn-ended",`, "turn-ended without turn"},
		{`"status",`, `"speaker-added",`, "without speaker"},
		{`"status",`, `"speaker-merged","speaker":"S2",`, "without into"},
		{`"status",`, `"speaker-merged","speaker":"Bob","into":"S1",`, "expected S1, S2"},
		{`"status",`, `"speaker-identified","speaker":"S2",`, "without name"},
		{`"status",`, `"gap",`, "without gap"},
		{`"status",`, `"gap","gap":{"start":2,"end":1},`, "gap from 2 s to 1 s"},
		{`"status",`, `"turn-ended","turn":{"start":-1,"end":1},`, "turn from -1 s"},
		{`"status",`, `"stream-ended",`, "without end"},
		{`"status",`, `"stream-started",`, "without source"},
		{`"status":{}`, `"other":{}`, "without status"},
		{`"samples":0`, `"samples":-1`, "samples -1"},
		{`"samples":0`, `"time":"soon"`, "number of seconds"},
		{`"samples":0`, `"time":1e300`, "number of seconds"},
	} {
		_, err := Decode([]byte(strings.Replace(good, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s for %s: error %v, expected %q in one line", c.new, c.old, err, c.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, e := range eventtest.Encoded(eventtest.Seeded(2), "fuzz", 12) {
		data, err := json.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(future))
	f.Add([]byte(`{"seq":1e3,"time":null,"wall":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := Decode(data)
		if err != nil {
			return
		}
		if err := NewPartialTimeline().Apply(e); err != nil {
			t.Fatalf("%s was read and cannot be applied: %v", data, err)
		}
		again, err := json.Marshal(e)
		if err != nil {
			t.Fatalf("%s was read and cannot be written: %v", data, err)
		}
		if _, err := Decode(again); err != nil {
			t.Fatalf("%s became %s, which is refused: %v", data, again, err)
		}
	})
}

func TestRunIDsSortByTime(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for last, i := "", 0; i < 100; i++ {
		id := NewRun(start.Add(time.Duration(i*i) * time.Second))
		if !ValidToken(id) || id <= last {
			t.Fatalf("run %q after %q", id, last)
		}
		last = id
	}
}
