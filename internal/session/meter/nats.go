package meter

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/bus"
)

// prefix begins the subjects of readings. They are no subjects of events, so that
// JetStream does not keep readings.
const prefix = "diarizer.meter.v1."

// Subject is the subject of a stream's readings: diarizer.meter.v1.<stream>.
func Subject(stream string) string { return prefix + stream }

// Publish sends a reading to the subscribers of this moment. It does not wait. Without a
// connection the reading is lost. Once the server has refused readings, no more are sent
// over that connection.
func Publish(nc *nats.Conn, r Reading) error {
	if !bus.MayPublish(nc, Subject(r.Stream)) {
		return nil
	}
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return nc.Publish(Subject(r.Stream), data)
}

// Subscribe calls report with the readings of all streams, one at a time, until stop is
// called or the connection closes. Messages that are no readings are skipped.
func Subscribe(nc *nats.Conn, report func(Reading)) (stop func(), err error) {
	sub, err := nc.Subscribe(Subject("*"), func(m *nats.Msg) {
		if r, err := decode(m.Data); err == nil && Subject(r.Stream) == m.Subject {
			report(r)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Subject("*"), err)
	}
	return func() { _ = sub.Unsubscribe() }, nil // an error means that the subscription has ended
}

// maxSize is far above the size of any reading.
const maxSize = 4096

func decode(data []byte) (Reading, error) {
	var r Reading
	if len(data) > maxSize {
		return r, fmt.Errorf("reading of %d bytes: expected at most %d", len(data), maxSize)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("reading: %w", err)
	}
	if !event.ValidToken(r.Stream) || !event.ValidToken(r.Run) {
		return r, fmt.Errorf("reading of stream %.80q, run %.80q: expected tokens", r.Stream, r.Run)
	}
	clamp := func(v float64) float64 { return min(math.Max(v, Floor), -Floor) }
	r.Level, r.Peak = clamp(r.Level), clamp(r.Peak)
	return r, nil
}
