package publish

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// SchemaID is the $id of schema/event.schema.json.
const SchemaID = "urn:diarizer:v1:event"

// Message is the event as NATS carries it: its subject, its JSON, and the
// attributes of CloudEvents 1.0 in ce-* headers (binary content mode).
func (e Event) Message() (*nats.Msg, error) {
	data, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("stream %s, event %d: %w", e.Stream, e.Seq, err)
	}
	return e.message(data), nil
}

// message carries data, the JSON of the event.
func (e Event) message(data []byte) *nats.Msg {
	return &nats.Msg{Subject: e.Subject(), Data: data, Header: nats.Header{
		"Nats-Msg-Id":        {e.ID()},
		"ce-specversion":     {"1.0"},
		"ce-id":              {e.ID()},
		"ce-source":          {"/diarizer/" + e.Stream},
		"ce-type":            {Prefix + "." + string(e.Kind)},
		"ce-time":            {e.Wall.UTC().Format(time.RFC3339Nano)},
		"ce-datacontenttype": {"application/json"},
		"ce-dataschema":      {SchemaID},
	}}
}
