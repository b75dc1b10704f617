package identify

import (
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"github.com/nlpodyssey/safetensors"
)

// accurate belongs to the accurate model of the program. "diarizer-lab train --kind naming"
// makes it.
//
//go:embed accurate.safetensors
var accurate []byte

// acrossFormat is the version of the layout of a file: float32 tensors mean (ν),
// directions (k×ν), c and e (k).
const acrossFormat = "diarizer-naming/1"

// Embedded returns what is learnt for the accurate model of the program.
func Embedded() (*Across, error) { return parseAcross(accurate) }

// Write writes a to a safetensors file, with training, as JSON, saying what it was
// made of.
func (a *Across) Write(w io.Writer, training any) error {
	if err := a.check(); err != nil {
		return fmt.Errorf("write naming: %w", err)
	}
	about, err := json.Marshal(training)
	if err != nil {
		return fmt.Errorf("write naming: %w", err)
	}
	k, nu := uint64(len(a.C)), uint64(len(a.Mean))
	views := map[string]safetensors.TensorView{}
	for _, t := range []struct {
		name   string
		shape  []uint64
		values []float64
	}{{"mean", []uint64{nu}, a.Mean}, {"directions", []uint64{k, nu}, a.Q}, {"c", []uint64{k}, a.C}, {"e", []uint64{k}, a.E}} {
		var data []byte
		for _, v := range t.values {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(v)))
		}
		if views[t.name], err = safetensors.NewTensorView(safetensors.F32, t.shape, data); err != nil {
			return fmt.Errorf("write naming: %w", err)
		}
	}
	meta := map[string]string{"format": acrossFormat, "pairs": a.Pairs, "training": string(about)}
	if err := safetensors.SerializeToWriter(views, meta, w); err != nil {
		return fmt.Errorf("write naming: %w", err)
	}
	return nil
}

func parseAcross(data []byte) (*Across, error) {
	st, err := safetensors.Deserialize(data)
	if err != nil {
		return nil, fmt.Errorf("naming: damaged or not safetensors: %w", err)
	}
	_, header, err := safetensors.ReadMetadata(data)
	if err != nil {
		return nil, fmt.Errorf("naming: %w", err)
	}
	if found := header.Metadata()["format"]; found != acrossFormat {
		return nil, fmt.Errorf("naming: format is %q, not %q", found, acrossFormat)
	}
	a := &Across{Pairs: header.Metadata()["pairs"]}
	for name, values := range map[string]*[]float64{"mean": &a.Mean, "directions": &a.Q, "c": &a.C, "e": &a.E} {
		view, ok := st.Tensor(name)
		if !ok || view.DType() != safetensors.F32 {
			return nil, fmt.Errorf("naming: no tensor %q of F32", name)
		}
		for b := view.Data(); len(b) >= 4; b = b[4:] {
			*values = append(*values, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
		}
	}
	if err := a.check(); err != nil {
		return nil, fmt.Errorf("naming: %w", err)
	}
	return a, nil
}
