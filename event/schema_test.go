package event_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	. "github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/eventtest"
)

// everyKind is what this version publishes.
var everyKind = []Kind{StreamStarted, StreamEnded, TurnStarted, TurnUpdated, TurnEnded, TurnRevised,
	TurnWithdrawn, SpeakerAdded, SpeakerMerged, SpeakerIdentified, GapFound, Marked, StatusReported, WordsAttributed}

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile("../schema/event.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if s.ID != SchemaID && s.Location != SchemaID+"#" {
		t.Errorf("the schema is %q at %q, messages name %q", s.ID, s.Location, SchemaID)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, data []byte) error {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return s.Validate(value)
}

// Files of examples are never changed once their version is released: events
// like them are kept by servers and must be read by every later version.
func TestExamplesOfEveryVersion(t *testing.T) {
	s := schema(t)
	files, err := filepath.Glob("../schema/examples/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("examples %v, %v", files, err)
	}
	seen := map[Kind]bool{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var tl Timeline
		for line := range bytes.Lines(data) {
			line = bytes.TrimSpace(line)
			if err := validate(t, s, line); err != nil {
				t.Errorf("%s: %s: %v", file, line, err)
			}
			e, err := Decode(line)
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			if err := tl.Apply(e); err != nil {
				t.Errorf("%s: %v", file, err)
			}
			seen[e.Kind] = true
			if again, err := json.Marshal(e); err != nil || !bytes.Equal(again, line) {
				t.Errorf("%s: %s is written as %s, %v", file, line, again, err)
			}
		}
		if tl.Ended() == nil {
			t.Errorf("%s ends before its stream", file)
		}
	}
	for _, kind := range everyKind {
		if !seen[kind] {
			t.Errorf("no example of %s", kind)
		}
	}
}

func TestSchemaAgreesWithTheCode(t *testing.T) {
	s := schema(t)
	for _, e := range eventtest.Encoded(eventtest.Seeded(50), "meeting", 300) {
		data, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, s, data); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
	}
	if err := validate(t, s, []byte(strings.Replace(future, `"time"`, `"mood":"good","time"`, 1))); err != nil {
		t.Errorf("an event of a later version: %v", err)
	}
	for kind, event := range brokenEvents(t) {
		if err := validate(t, s, event); err == nil {
			t.Errorf("%s: %s passes the schema", kind, event)
		}
		if _, err := Decode(event); err == nil {
			t.Errorf("%s: %s is read", kind, event)
		}
	}
}

// brokenEvents are events that lack what their kind promises or have it wrong.
func brokenEvents(t *testing.T) map[string][]byte {
	t.Helper()
	bad := map[string][]byte{}
	var data []byte
	for _, version := range []string{"v1.0", "v1.1", "v1.2"} {
		examples, err := os.ReadFile("../schema/examples/" + version + ".jsonl")
		if err != nil {
			t.Fatal(err)
		}
		data = append(data, examples...)
	}
	for line := range bytes.Lines(data) {
		var event map[string]any
		if err := json.Unmarshal(line, &event); err != nil {
			t.Fatal(err)
		}
		kind := event["kind"].(string)
		for _, field := range []string{"stream", "run", "seq", "kind", "turn", "speaker", "into", "name", "gap", "mark", "source", "end", "status", "words"} {
			value, ok := event[field]
			if !ok {
				continue
			}
			without := maps.Clone(event)
			delete(without, field)
			bad[kind+" without "+field] = marshal(t, without)
			if _, isText := value.(string); isText {
				without[field] = ""
				bad[kind+" with empty "+field] = marshal(t, without)
			}
		}
		if event["speaker"] != nil {
			event["speaker"] = "unknown"
			bad[kind+" of unknown"] = marshal(t, event)
		}
	}
	return bad
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The prose has every kind and every property, and its examples are events.
func TestDocumentAgreesWithTheSchema(t *testing.T) {
	doc, err := os.ReadFile("../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range everyKind {
		if !bytes.Contains(doc, []byte("| `"+string(kind)+"`")) {
			t.Errorf("docs/events.md has no line for %s", kind)
		}
	}
	var root map[string]any
	raw, err := os.ReadFile("../schema/event.schema.json")
	if err == nil {
		err = json.Unmarshal(raw, &root)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range propertyNames(root) {
		if !bytes.Contains(doc, []byte("`"+name+"`")) {
			t.Errorf("docs/events.md does not mention `%s`", name)
		}
	}
	s := schema(t)
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(doc, -1)
	if len(blocks) == 0 {
		t.Error("docs/events.md has no example")
	}
	for _, b := range blocks {
		if err := validate(t, s, b[1]); err != nil {
			t.Errorf("example in docs/events.md: %s: %v", b[1], err)
		}
		if _, err := Decode(b[1]); err != nil {
			t.Errorf("example in docs/events.md: %v", err)
		}
	}
}

func propertyNames(schema map[string]any) []string {
	var names []string
	for key, value := range schema {
		child, ok := value.(map[string]any)
		if !ok {
			continue
		}
		if key == "properties" {
			names = slices.AppendSeq(names, maps.Keys(child))
		}
		if key != "allOf" {
			names = append(names, propertyNames(child)...)
		}
	}
	return names
}
