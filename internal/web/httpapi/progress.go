package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
)

// progressEvery is the time between two reports of progress.
const progressEvery = 250 * time.Millisecond

// writeWithin is how long a client may take to read a message.
const writeWithin = 20 * time.Second

// errGone says that the client is gone.
var errGone = errors.New("the client is gone")

// progress is a report of progress. Times are in seconds.
type progress struct {
	Heard  float64  `json:"heard"`
	Length *float64 `json:"length,omitempty"`
}

// failed is sent in the place of a result.
type failed struct {
	Status int    `json:"status"`
	Error  string `json:"error"`
}

// tell answers by server-sent events: progress, and then the result or an error.
func (a *API) tell(ctx context.Context, w http.ResponseWriter, u upload, j job) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w.Header().Set("Content-Type", stream)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	out := &sender{w: w, out: http.NewResponseController(w)}
	if out.event("progress", progress{}) != nil {
		return
	}
	data, warning, err := a.result(ctx, u, j, func(heard int64, length time.Duration) {
		if time.Since(out.last) < progressEvery {
			return
		}
		p := progress{Heard: capture.Duration(heard).Seconds()}
		if s := length.Seconds(); s > 0 {
			p.Length = &s
		}
		if out.event("progress", p) != nil {
			cancel(errGone)
		}
	})
	if err != nil {
		f := failed{Status: http.StatusInternalServerError, Error: err.Error()}
		var r *refusal
		if errors.As(err, &r) {
			f.Status = r.status
		}
		_ = out.event("error", f)
		return
	}
	if warning != nil {
		_ = out.event("warning", map[string]string{"text": warning.Error()})
	}
	_ = out.lines("result", data)
}

// sender writes server-sent events.
type sender struct {
	w    http.ResponseWriter
	out  *http.ResponseController
	last time.Time
}

func (s *sender) event(name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.lines(name, data)
}

// lines writes an event of several lines. In that format the last line break is lost.
func (s *sender) lines(name string, data []byte) error {
	s.last = time.Now()
	_ = s.out.SetWriteDeadline(s.last.Add(writeWithin)) // a writer without deadlines has none
	var b bytes.Buffer
	fmt.Fprintf(&b, "event: %s\n", name)
	for line := range bytes.SplitSeq(bytes.TrimSuffix(data, []byte("\n")), []byte("\n")) {
		fmt.Fprintf(&b, "data: %s\n", line)
	}
	b.WriteByte('\n')
	if _, err := s.w.Write(b.Bytes()); err != nil {
		return err
	}
	return s.out.Flush()
}
