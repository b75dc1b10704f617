package publish

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/event"
)

// NewMessage returns an event as NATS carries it: its subject, its JSON, and the
// attributes of CloudEvents 1.0 in ce-* headers (binary content mode).
func NewMessage(e event.Event) (*nats.Msg, error) {
	data, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("stream %s, event %d: %w", e.Stream, e.Seq, err)
	}
	return message(e, data), nil
}

// message carries data, the JSON of the event.
func message(e event.Event, data []byte) *nats.Msg {
	return &nats.Msg{Subject: Subject(e.Stream, e.Kind), Data: data, Header: nats.Header{
		"Nats-Msg-Id":        {e.ID()},
		"ce-specversion":     {"1.0"},
		"ce-id":              {e.ID()},
		"ce-source":          {"/diarizer/" + e.Stream},
		"ce-type":            {Prefix + "." + string(e.Kind)},
		"ce-time":            {e.Wall.UTC().Format(time.RFC3339Nano)},
		"ce-datacontenttype": {"application/json"},
		"ce-dataschema":      {event.SchemaID},
	}}
}
