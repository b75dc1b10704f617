package publish_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/session/heard"
	"github.com/seed-7adb9000/diarizer/publish"
)

// asyncAPI is the part of AsyncAPI 3 that the document uses.
type asyncAPI struct {
	Channels map[string]struct {
		Address    string
		Parameters map[string]any
		Messages   map[string]ref
	}
	Operations map[string]struct {
		Action   string
		Channel  ref
		Messages []ref
	}
	Components struct {
		Messages map[string]struct {
			Name    string
			Payload json.RawMessage
		}
	}
}

type ref struct {
	Ref string `json:"$ref"`
}

func asyncAPIDocument(t *testing.T) (doc asyncAPI, compiler *jsonschema.Compiler) {
	t.Helper()
	data, err := os.ReadFile("../schema/asyncapi.json")
	if err == nil {
		err = json.Unmarshal(data, &doc)
	}
	if err != nil {
		t.Fatal(err)
	}
	compiler = jsonschema.NewCompiler()
	compiler.AssertFormat()
	return doc, compiler
}

// Every kind has a channel with the code's subject, an operation and a message.
func TestAsyncAPIAgreesWithTheCode(t *testing.T) {
	doc, compiler := asyncAPIDocument(t)
	headers, err := compiler.Compile("../schema/asyncapi.json#/components/messageTraits/event/headers")
	if err != nil {
		t.Fatal(err)
	}
	var examples []byte
	for _, version := range []string{"v1.0", "v1.1", "v1.2"} {
		data, err := os.ReadFile("../schema/examples/" + version + ".jsonl")
		if err != nil {
			t.Fatal(err)
		}
		examples = append(examples, data...)
	}
	seen := map[string]bool{}
	for line := range bytes.Lines(examples) {
		e, err := event.Decode(line)
		if err != nil {
			t.Fatal(err)
		}
		kind := string(e.Kind)
		seen[kind] = true
		channel, ok := doc.Channels[kind]
		if want := publish.Subject("{stream}", e.Kind); !ok || channel.Address != want || len(channel.Parameters) != 1 {
			t.Errorf("channel of %s: %+v, expected address %s", kind, channel, want)
		}
		operation := doc.Operations["publish-"+kind]
		if operation.Action != "send" || operation.Channel.Ref != "#/channels/"+kind ||
			!slices.Equal(operation.Messages, []ref{{"#/channels/" + kind + "/messages/" + kind}}) {
			t.Errorf("operation of %s: %+v", kind, operation)
		}
		payload, err := compiler.Compile("../schema/asyncapi.json#/components/messages/" + kind + "/payload/schema")
		if err != nil {
			t.Fatal(err)
		}
		msg, err := publish.NewMessage(e)
		if err != nil {
			t.Fatal(err)
		}
		if err := payload.Validate(value(t, msg.Data)); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		set := map[string]any{}
		for name := range msg.Header {
			set[name] = msg.Header.Get(name)
		}
		if err := headers.Validate(set); err != nil || len(set) != len(headers.Properties) || len(set) != len(headers.Required) {
			t.Errorf("headers %v: %v", set, err)
		}
		other := bytes.Replace(msg.Data, []byte(`"kind":"`+kind), []byte(`"kind":"x`+kind), 1)
		if err := payload.Validate(value(t, other)); err == nil {
			t.Errorf("the message %s may be of another kind", kind)
		}
	}
	for name, channel := range doc.Channels {
		if !seen[name] && name != "correct" && name != "words" {
			t.Errorf("channel %s is of no kind", name)
		}
		for message, r := range channel.Messages {
			if _, ok := doc.Components.Messages[strings.TrimPrefix(r.Ref, "#/components/messages/")]; !ok {
				t.Errorf("message %s of channel %s: nothing at %s", message, name, r.Ref)
			}
		}
	}
	if want := heard.Subject("{stream}"); doc.Channels["words"].Address != want {
		t.Errorf("words come on %s, expected %s", doc.Channels["words"].Address, want)
	}
	if want := correct.Subject("{stream}"); doc.Channels["correct"].Address != want {
		t.Errorf("corrections go to %s, expected %s", doc.Channels["correct"].Address, want)
	}
}

// The code and the document accept the same corrections.
func TestAsyncAPIAgreesWithCorrections(t *testing.T) {
	_, compiler := asyncAPIDocument(t)
	schemas := map[string]*jsonschema.Schema{}
	for _, name := range []string{"correction", "correctionReply"} {
		s, err := compiler.Compile("../schema/asyncapi.json#/components/schemas/" + name)
		if err != nil {
			t.Fatal(err)
		}
		schemas[name] = s
	}
	for text, good := range map[string]bool{
		`{"action":"rename","speaker":"S1","name":"Ada","run":"r","id":"1"}`: true,
		`{"action":"merge","speaker":"S2","into":"S1"}`:                      true,
		`{"action":"undo"}`:                               true,
		`{"action":"mark","at":3.5,"text":"decided"}`:     true,
		`{"action":"mark"}`:                               true,
		`{"action":"mark","at":-1}`:                       false,
		`{"action":"explode"}`:                            false,
		`{"action":"rename","speaker":"Ada","name":"S1"}`: false,
		`{"action":"merge","speaker":"S2","into":"2"}`:    false,
		`{"name":"Ada"}`:                                  false,
		`{"action":"rename","speaker":"S1","name":"` + strings.Repeat("x", 65) + `"}`: false,
	} {
		_, err := correct.Decode([]byte(text))
		if failed := schemas["correction"].Validate(value(t, []byte(text))); (err == nil) != good || (failed == nil) != good {
			t.Errorf("%s: %v in the code, %v in the document", text, err, failed)
		}
	}
	for _, reply := range []correct.Reply{{Seq: 7}, {Error: "no"}} {
		data, err := json.Marshal(reply)
		if err != nil {
			t.Fatal(err)
		}
		if err := schemas["correctionReply"].Validate(value(t, data)); err != nil {
			t.Errorf("%s: %v", data, err)
		}
	}
}

func value(t *testing.T, data []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return v
}
