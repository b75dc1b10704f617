package net

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sync"
)

// Header is the first line of a weights file, as JSON. After the newline come the
// parameters in the order of View, float32, little endian.
type Header struct {
	Format string // always Format
	Shape  Shape
	// Step is the number of hops whose mean features make one input, Delay the
	// number of hops by which an output lags the newest hop of its input's start.
	Step, Delay int
	// Command made the file, on Data: corpora with the number of their speakers
	// and their licences.
	Command string
	Data    []string
	// Losses are the mean cross-entropies of the epochs, in nats.
	Losses string
}

// Format names the layout, and the features that the inputs are.
const Format = "diarizer speech detector 2"

// ErrFile is what Read's errors match.
var ErrFile = errors.New("speech detector weights")

//go:embed default.net
var defaultFile []byte

// Default returns the weights that come with the program, not to be changed: all
// who ask share them.
func Default() (Header, *Columns, error) {
	f, err := readDefault()
	return f.Header, f.weights, err
}

type file struct {
	Header
	weights *Columns
}

var readDefault = sync.OnceValues(func() (f file, err error) {
	var w *Weights
	if f.Header, w, err = Read(defaultFile); err == nil {
		f.weights = ByColumns(w)
	}
	return f, err
})

// Read takes a weights file apart. The weights are a copy.
func Read(b []byte) (Header, *Weights, error) {
	var h Header
	line, rest, found := bytes.Cut(b, []byte{'\n'})
	if !found {
		return h, nil, fmt.Errorf("%w: no header line in %d bytes", ErrFile, len(b))
	}
	if err := json.Unmarshal(line, &h); err != nil {
		return h, nil, fmt.Errorf("%w: header: %w", ErrFile, err)
	}
	s := h.Shape
	switch {
	case h.Format != Format:
		return h, nil, fmt.Errorf("%w: format %q, want %q", ErrFile, h.Format, Format)
	case min(s.In, s.Dense, s.State, s.Out, h.Step) < 1 || max(s.In, s.Dense, s.State, s.Out, h.Step, h.Delay) > 1024 || h.Delay < 0:
		return h, nil, fmt.Errorf("%w: shape %+v, step %d, delay %d, want 1 to 1024 each", ErrFile, s, h.Step, h.Delay)
	case len(rest) != 4*s.Len():
		return h, nil, fmt.Errorf("%w: %d bytes of parameters, want %d", ErrFile, len(rest), 4*s.Len())
	}
	p := make([]float32, s.Len())
	for i := range p {
		p[i] = math.Float32frombits(binary.LittleEndian.Uint32(rest[4*i:]))
		if v := float64(p[i]); math.IsNaN(v) || math.IsInf(v, 0) {
			return h, nil, fmt.Errorf("%w: parameter %d is %v", ErrFile, i, v)
		}
	}
	return h, View(s, p), nil
}

// Append appends a weights file to b. It fills in the header's format and shape.
func Append(b []byte, h Header, w *Weights) ([]byte, error) {
	h.Format, h.Shape = Format, w.Shape
	line, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	b = append(append(b, line...), '\n')
	for _, v := range w.Params {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b, nil
}
