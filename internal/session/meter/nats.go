package meter

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/bus"
)

// prefix begins the subjects of readings. They are not among the subjects of
// events, so that JetStream keeps none.
const prefix = "diarizer.meter.v1."

// Subject is where the readings of a stream go: diarizer.meter.v1.<stream>.
func Subject(stream string) string { return prefix + stream }

// Publish sends a reading to whoever listens now. Nothing is kept and nothing
// waits: without a connection it is lost, and where it is found that readings may
// not be published, no more are sent until there is another connection.
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

// Subscribe calls report with the readings of all streams, one at a time, until
// the returned function is called or the connection closes. What is no reading
// is skipped.
func Subscribe(nc *nats.Conn, report func(Reading)) (stop func(), err error) {
	sub, err := nc.Subscribe(Subject("*"), func(m *nats.Msg) {
		if r, err := decode(m.Data); err == nil && Subject(r.Stream) == m.Subject {
			report(r)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Subject("*"), err)
	}
	return func() { _ = sub.Unsubscribe() }, nil // an error means that it has ended
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
