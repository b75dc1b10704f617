// Package enroll keeps speakers beyond the stream in which they were heard: the
// statistics of what they said, under a name, in a NATS key-value bucket. These
// are biometric data: they say who a voice belongs to. They do not hold sound,
// and only the model that made them can use them.
package enroll

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/seed-7adb9000/diarizer/online/model"
)

var (
	// ErrOtherModel is matched by the error for a speaker that another model made.
	ErrOtherModel = errors.New("enrolled with another model")
	// ErrMalformed is matched by the error for an entry that is none.
	ErrMalformed = errors.New("not an enrolled speaker")
)

// Speaker is an enrolled speaker.
type Speaker struct {
	Name     string
	Enrolled time.Time
	// Source says where the speech came from: file names, or a stream.
	Source string
	// Expires is when the voice is to be erased, zero for never.
	Expires time.Time
	Stats   model.Stats
}

// Expired reports whether the voice is to be kept no longer.
func (s Speaker) Expired(now time.Time) bool { return !s.Expires.IsZero() && !now.Before(s.Expires) }

const version = 1

// wire is a Speaker as JSON has it.
type wire struct {
	Version  int       `json:"version"`
	Name     string    `json:"name"`
	Model    string    `json:"model"`
	Enrolled time.Time `json:"enrolled"`
	Expires  time.Time `json:"expires,omitzero"`
	Source   string    `json:"source"`
	Seconds  float64   `json:"seconds"`
	Nu       int       `json:"nu"`
	Frames   float64   `json:"frames"`
	// Stats are d and D⁻¹ as the model's shape has it, float64, little endian, base64.
	Stats string `json:"stats"`
}

// Encode writes s, made by m, as JSON.
func Encode(s Speaker, m model.Model) ([]byte, error) {
	var raw []byte
	for _, values := range [][]float64{s.Stats.D, s.Stats.DInv} {
		for _, v := range values {
			raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(v))
		}
	}
	return json.Marshal(wire{Version: version, Name: s.Name, Model: m.Fingerprint(), Enrolled: s.Enrolled.UTC(), Expires: s.Expires.UTC(), Source: s.Source,
		Seconds: s.Stats.N / 100, Nu: m.Shape().Nu, Frames: s.Stats.N, Stats: base64.StdEncoding.EncodeToString(raw)})
}

// Decode reads what Encode wrote with the same model. A speaker of another one
// comes without Stats and with an error that matches [ErrOtherModel].
func Decode(data []byte, m model.Model) (Speaker, error) {
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return Speaker{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if w.Version != version || w.Name == "" {
		return Speaker{}, fmt.Errorf("%w: version %d, name %q: expected version %d and a name", ErrMalformed, w.Version, w.Name, version)
	}
	s := Speaker{Name: w.Name, Enrolled: w.Enrolled, Source: w.Source, Expires: w.Expires}
	if w.Model != m.Fingerprint() {
		return s, fmt.Errorf("speaker %q: %w: %.12s, not %.12s: enroll again", w.Name, ErrOtherModel, w.Model, m.Fingerprint())
	}
	raw, err := base64.StdEncoding.DecodeString(w.Stats)
	stats := m.Shape().NewStats()
	if n := 8 * (len(stats.D) + len(stats.DInv)); err != nil || w.Nu != m.Shape().Nu || len(raw) != n {
		return Speaker{}, fmt.Errorf("speaker %q: %w: %d bytes of statistics, expected %d", w.Name, ErrMalformed, len(raw), n)
	}
	if stats.N = w.Frames; !(w.Frames > 0) || math.IsInf(w.Frames, 0) {
		return Speaker{}, fmt.Errorf("speaker %q: %w: %v frames", w.Name, ErrMalformed, w.Frames)
	}
	for _, values := range [][]float64{stats.D, stats.DInv} {
		for i := range values {
			values[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw))
			raw = raw[8:]
			if math.IsNaN(values[i]) || math.IsInf(values[i], 0) {
				return Speaker{}, fmt.Errorf("speaker %q: %w: statistics that are no numbers", w.Name, ErrMalformed)
			}
		}
	}
	s.Stats = stats
	return s, nil
}

// renamed is an encoded speaker of any model under another name.
func renamed(data []byte, name string) ([]byte, error) {
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	w.Name = name
	return json.Marshal(w)
}
