package heard

import (
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The code and schema/words.schema.json accept the same messages.
func TestDecodeAgreesWithTheSchema(t *testing.T) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile("../../../schema/words.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	many := strings.Repeat(`{"text":"so","start":0,"end":1},`, MaxWords)
	for text, good := range map[string]bool{
		`{"words":[{"text":"so","start":0.5,"end":1}]}`:                                                      true,
		`{"recogniser":"base-en","run":"r","seq":7,"words":[{"text":" so ","start":0,"end":0,"line":true}]}`: true,
		`{"words":[{"text":"so","start":0,"end":1,"confidence":0.5,"estimated":true,"mood":"good"}]}`:        true,
		`{"origin":"2026-03-30T08:00:00.5Z","words":[{"text":"so","start":0,"end":1}]}`:                      true,
		`{"partial":true,"words":[{"text":"so","start":0,"end":1}]}`:                                         true,
		`{"partial":true}`:                true,
		`{"end":true}`:                    true,
		`{}`:                              false,
		`{"words":[]}`:                    false,
		`{"partial":true,"end":true}`:     false,
		`{"recogniser":"a b","end":true}`: false,
		`{"run":"a.b","end":true}`:        false,
		`{"seq":-1,"end":true}`:           false,
		`{"words":[{"text":" ","start":0,"end":1}]}`:                                      false,
		`{"words":[{"text":"so","start":-1,"end":1}]}`:                                    false,
		`{"words":[{"text":"so","start":0,"end":1e9}]}`:                                   false,
		`{"words":[{"text":"so","start":"0","end":1}]}`:                                   false,
		`{"words":[{"text":"so","start":0,"end":1,"confidence":2}]}`:                      false,
		`{"words":[` + strings.TrimSuffix(many, ",") + `]}`:                               true,
		`{"words":[` + many + `{"text":"so","start":0,"end":1}]}`:                         false,
		`{"origin":"yesterday","words":[{"text":"so","start":0,"end":1}]}`:                false,
		`{"words":[{"text":"` + strings.Repeat("x", MaxText+1) + `","start":0,"end":1}]}`: false,
	} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		failed := schema.Validate(value)
		m, err := Decode([]byte(text))
		if (err == nil) != good || (failed == nil) != good {
			t.Errorf("%.120s: %v in the code, %v in the schema", text, err, failed)
		}
		if err != nil && (!errors.Is(err, ErrMalformed) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%.120s: error %v", text, err)
		}
		if err == nil && failed == nil {
			data, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			if back, err := Decode(data); err != nil || len(back.Words) != len(m.Words) || !back.Origin.Equal(m.Origin) {
				t.Errorf("%s: written as %s, %v", text, data, err)
			}
		}
	}
	for _, bad := range []string{"", "[]", "{", `{"words":[{"text":"so\u0007","start":0,"end":1}]}`, `{"words":[{"text":"so","start":2,"end":1}]}`, strings.Repeat(" ", MaxSize+1)} {
		if _, err := Decode([]byte(bad)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%.60q: %v", bad, err)
		}
	}
}

// The example in docs/words.md is a valid message, and docs/words.md explains every
// property of the schema.
func TestDocument(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/words.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(doc, -1)
	if len(examples) == 0 {
		t.Fatal("docs/words.md has no example")
	}
	for _, example := range examples {
		if _, err := Decode(example[1]); err != nil {
			t.Errorf("%s: %v", example[1], err)
		}
	}
	data, err := os.ReadFile("../../../schema/words.schema.json")
	var schema struct{ Properties map[string]any }
	if err == nil {
		err = json.Unmarshal(data, &schema)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name := range schema.Properties {
		if !strings.Contains(string(doc), "| `"+name+"` |") {
			t.Errorf("docs/words.md has no line for %s", name)
		}
	}
}

// A word's times are stream time, or times of another clock whose origin is known.
func TestTimesOfAMessage(t *testing.T) {
	origin := time.Date(2026, 3, 30, 8, 0, 0, 0, time.UTC)
	m := Message{Words: []Word{{Text: "a", Start: 0.5, End: 0.7}, {Text: "b", Start: 1.00001, End: 2.5}}}
	got := m.list(origin)
	if len(got) != 2 || got[1].Start != time.Second || got[1].End != 2500*time.Millisecond {
		t.Errorf("%+v", got)
	}
	m.Origin = origin.Add(-600 * time.Millisecond)
	if got = m.list(origin); len(got) != 2 || got[0].Start != 0 || got[0].End != 100*time.Millisecond || got[1].End != 1900*time.Millisecond {
		t.Errorf("from 0.6 s before: %+v", got)
	}
	m.Origin = origin.Add(-time.Second)
	if got = m.list(origin); len(got) != 1 || got[0].Text != "b" {
		t.Errorf("from a second before: %+v", got)
	}
}

func FuzzDecode(f *testing.F) {
	for _, text := range []string{`{"words":[{"text":"so","start":0.5,"end":1}],"seq":1}`, `{"end":true}`, `{"partial":true}`, "{"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Decode(data)
		if err != nil {
			return
		}
		for _, w := range m.list(time.Time{}) {
			if w.Start < 0 || w.End < w.Start || w.Text == "" {
				t.Errorf("%+v", w)
			}
		}
	})
}
