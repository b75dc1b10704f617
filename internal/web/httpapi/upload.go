package httpapi

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// upload is a recording that a client has sent.
type upload struct {
	path string // of our copy
	name string // the client's name for it
}

func (u upload) remove() { _ = os.Remove(u.path) } // it may be gone already

// receive copies the recording of r to a file. The index of a recording may be at the end
// of its file, so that nothing can be heard before the whole file is there.
func (a *API) receive(w http.ResponseWriter, r *http.Request) (u upload, err error) {
	limit := a.limits.Bytes
	if r.ContentLength > limit+multipartRoom {
		return u, tooLarge(limit)
	}
	body := &patient{r: http.MaxBytesReader(w, r.Body, limit+multipartRoom), out: http.NewResponseController(w), stall: a.limits.Stall, until: time.Now().Add(a.limits.Time)}
	src, name, err := part(body, r)
	if err != nil {
		return u, received(err, limit, body.stall)
	}
	f, err := os.CreateTemp(a.opts.Temp, "diarizer-upload-")
	if err != nil {
		return u, fmt.Errorf("keeping the recording: %w", err)
	}
	u = upload{path: f.Name(), name: name}
	n, err := io.Copy(f, io.LimitReader(src, limit+1))
	if err = errors.Join(err, f.Close()); err == nil && n > limit {
		err = tooLarge(limit)
	}
	if err == nil && n == 0 {
		err = refuse(http.StatusBadRequest, "the recording is empty: expected its bytes as the body, or as the part \"file\" of a form")
	}
	if err != nil {
		u.remove()
		return u, received(err, limit, body.stall)
	}
	return u, nil
}

// multipartRoom is how many bytes a form may have around its recording.
const multipartRoom = 64 << 10

func tooLarge(limit int64) error {
	return refuse(http.StatusRequestEntityTooLarge, "the recording is too large: expected at most %d bytes", limit)
}

// received gives the error of reading a body its HTTP status.
func received(err error, limit int64, stall time.Duration) error {
	var large *http.MaxBytesError
	var r *refusal
	switch {
	case errors.As(err, &r):
		return err
	case errors.As(err, &large):
		return tooLarge(limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return refuse(http.StatusRequestTimeout, "the upload stalled: expected some bytes every %v, and the whole recording in time", stall)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return refuse(http.StatusBadRequest, "the upload ended before the whole recording was there")
	}
	return fmt.Errorf("taking the recording: %w", err)
}

// part is the recording in a request: the body, or the first file of a form.
func part(body io.Reader, r *http.Request) (src io.Reader, name string, err error) {
	name = clean(r.URL.Query().Get("name"))
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		if strings.HasPrefix(kind, "text/") || kind == "application/json" {
			return nil, "", refuse(http.StatusUnsupportedMediaType, "content type %.60s: expected a recording, such as audio/flac, or multipart/form-data", kind)
		}
		return body, name, nil
	}
	if params["boundary"] == "" {
		return nil, "", refuse(http.StatusBadRequest, "content type multipart/form-data: expected a boundary")
	}
	r.Body = io.NopCloser(body)
	form, err := r.MultipartReader()
	if err != nil {
		return nil, "", refuse(http.StatusBadRequest, "the form cannot be read: %v", err)
	}
	for {
		p, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, "", refuse(http.StatusBadRequest, "the form has no file: expected one, as curl -F file=@meeting.flac sends it")
		}
		if err != nil {
			return nil, "", err
		}
		if p.FileName() == "" {
			continue // settings are in the address
		}
		if name == "" {
			name = rttm.RecordingName(clean(p.FileName()))
		}
		return p, name, nil
	}
}

// clean is a name that fits into a line of every format. RTTM has no white space in names.
func clean(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return '_'
		case unicode.IsControl(r), r == '/', r == '\\':
			return -1
		}
		return r
	}, strings.TrimSpace(name))
	if r := []rune(strings.ToValidUTF8(name, "")); len(r) > 100 {
		name = string(r[:100])
	}
	return name
}

// patient reads while bytes keep coming, up to a deadline.
type patient struct {
	until time.Time
	r     io.Reader
	out   *http.ResponseController
	stall time.Duration
}

func (p *patient) Read(b []byte) (int, error) {
	next := time.Now().Add(p.stall)
	if next.After(p.until) {
		next = p.until
	}
	_ = p.out.SetReadDeadline(next) // a connection without deadlines has none
	return p.r.Read(b)
}
