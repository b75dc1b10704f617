package transcript

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/seed-7adb9000/diarizer/event"
)

// JSONLines writes each event as one line of JSON.
type JSONLines struct {
	w   io.Writer
	buf bytes.Buffer
}

// NewJSONLines returns a JSONLines on w.
func NewJSONLines(w io.Writer) *JSONLines { return &JSONLines{w: w} }

// Event writes e.
func (j *JSONLines) Event(e event.Event) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return j.Raw(data)
}

// Raw writes the JSON of an event as it was received, with unknown fields.
func (j *JSONLines) Raw(data []byte) error {
	j.buf.Reset()
	if err := json.Compact(&j.buf, data); err != nil {
		return err
	}
	j.buf.WriteByte('\n')
	_, err := j.w.Write(j.buf.Bytes())
	return err
}
