// Package modelfile keeps models in safetensors files, which any language can
// read: float32 tensors, and as metadata the settings that belong to them,
// what they were trained on, and a checksum.
//
// The tensors of an eigenvoice model, M Gaussians of d features with ν eigenvoices
// and μ eigenchannels:
//
//	feature_mean   d
//	weights        M
//	means, vars    M×d
//	eigenvoices    M×d×ν
//	eigenchannels  M×d×μ, absent where μ is 0
//
// Those of an embedding model, of ν factors of a network's vectors of m numbers:
//
//	mean           m, μ
//	projection     ν×m, P
//	a, b           ν
//
// The network itself is part of the program; the settings name it by its
// fingerprint.
//
// The metadata: format ("diarizer-model/1"), kind ("embedding"; absent for
// eigenvoices), settings (JSON), training (JSON, see [Metadata]) and sha256, over
// the settings and the tensors in this order.
package modelfile

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/nlpodyssey/safetensors"

	"github.com/seed-7adb9000/diarizer/internal/network/weights"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
	"github.com/seed-7adb9000/diarizer/online/model/embedding"
)

// format is the version of the layout that this package reads and writes.
const format = "diarizer-model/1"

// maxSize bounds what Read takes into memory.
const maxSize = 256 << 20

// ErrFormat is wrapped by every error about a file that is not a usable model.
var ErrFormat = errors.New("not a usable model")

// Metadata says where a model comes from.
type Metadata struct {
	// Command is the command line that made the model.
	Command string `json:"command"`
	// Seed is what the random choices of the training started from.
	Seed uint64 `json:"seed"`
	// Corpora are the recordings the model was trained on.
	Corpora []Corpus `json:"corpora"`
	// Settings are the training's, by name.
	Settings map[string]string `json:"settings,omitempty"`
}

// Corpus is one source of training data.
type Corpus struct {
	Name     string  `json:"name"`
	Source   string  `json:"source"`
	Licence  string  `json:"licence"`
	Speakers int     `json:"speakers"`
	Seconds  float64 `json:"seconds"`
}

// content is what a file holds of a model of some kind.
type content interface {
	// settings points to the parts that are not tensors, as JSON has them.
	settings() any
	// tensors lists the tensors once the settings are known. sizes tells the
	// shape of a tensor in the file that is read, nil where there is none.
	tensors(shape func(name string) []uint64) ([]tensor, error)
	// model returns the model, when everything is there.
	model() (model.Model, error)
}

// tensor is a named part of a model with its shape.
type tensor struct {
	name   string
	shape  []uint64
	values *[]float64
}

// contentOf returns the content of a file for m.
func contentOf(m model.Model) (content, error) {
	switch m := m.(type) {
	case *eigenvoice.Model:
		return eigenvoicesOf(m), nil
	case *embedding.Model:
		return embeddingOf(m), nil
	}
	return nil, fmt.Errorf("%w: kind %q", ErrFormat, m.Kind())
}

// emptyContent returns what a file of a kind is read into.
func emptyContent(kind string) (content, error) {
	switch kind {
	case "", eigenvoice.Kind:
		return &eigenvoices{}, nil
	case embedding.Kind:
		return &embeddings{}, nil
	}
	return nil, fmt.Errorf("kind is %q, not %q or %q", kind, eigenvoice.Kind, embedding.Kind)
}

// Write writes a valid model.
func Write(w io.Writer, m model.Model, meta Metadata) error {
	if err := m.Validate(); err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	c, err := contentOf(m)
	if err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	set, err := json.Marshal(c.settings())
	if err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	training, err := json.Marshal(meta)
	if err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	tensors, err := c.tensors(nil)
	if err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	views := map[string]safetensors.TensorView{}
	sum := sha256.New()
	sum.Write(set)
	for _, t := range tensors {
		data := make([]byte, 0, 4*len(*t.values))
		for _, v := range *t.values {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(v)))
		}
		sum.Write(data)
		if views[t.name], err = safetensors.NewTensorView(safetensors.F32, t.shape, data); err != nil {
			return fmt.Errorf("write model: %w", err)
		}
	}
	about := map[string]string{"format": format, "settings": string(set),
		"training": string(training), "sha256": hex.EncodeToString(sum.Sum(nil))}
	if m.Kind() != eigenvoice.Kind { // files of eigenvoices are older than kinds
		about["kind"] = m.Kind()
	}
	if err := safetensors.SerializeToWriter(views, about, w); err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	return nil
}

// Read reads a model. Its errors name the file as name, say what was found and
// what was expected, and wrap [ErrFormat] unless r itself failed.
func Read(r io.Reader, name string) (model.Model, error) {
	m, _, err := ReadWithMetadata(r, name)
	return m, err
}

// ReadWithMetadata reads a model and where it comes from.
func ReadWithMetadata(r io.Reader, name string) (model.Model, Metadata, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	if err != nil {
		return nil, Metadata{}, fmt.Errorf("%s: %w", name, err)
	}
	return named(data, name)
}

// named is parse with the file's name in its errors.
func named(data []byte, name string) (model.Model, Metadata, error) {
	m, meta, err := parse(data)
	if err != nil {
		return nil, Metadata{}, fmt.Errorf("%s: %w: %s; expected a file that diarizer-lab train wrote", name, ErrFormat, weights.OneLine(err))
	}
	return m, meta, nil
}

func parse(data []byte) (model.Model, Metadata, error) {
	var meta Metadata
	if len(data) == 0 {
		return nil, meta, errors.New("the file is empty")
	}
	if len(data) > maxSize {
		return nil, meta, fmt.Errorf("more than %d bytes", maxSize)
	}
	st, err := safetensors.Deserialize(data)
	if err != nil {
		return nil, meta, fmt.Errorf("damaged or not safetensors (%w)", err)
	}
	_, header, err := safetensors.ReadMetadata(data)
	if err != nil {
		return nil, meta, err
	}
	strs := header.Metadata()
	if strs["format"] != format {
		return nil, meta, fmt.Errorf("format is %q, not %q", strs["format"], format)
	}
	c, err := emptyContent(strs["kind"])
	if err != nil {
		return nil, meta, err
	}
	if err := strict(strs["settings"], c.settings()); err != nil {
		return nil, meta, fmt.Errorf("settings: %w", err)
	}
	if err := json.Unmarshal([]byte(strs["training"]), &meta); err != nil {
		return nil, meta, fmt.Errorf("training: %w", err)
	}
	tensors, err := c.tensors(func(name string) []uint64 {
		if view, ok := st.Tensor(name); ok {
			return view.Shape()
		}
		return nil
	})
	if err != nil {
		return nil, meta, err
	}
	sum := sha256.New()
	io.WriteString(sum, strs["settings"])
	for _, t := range tensors {
		view, ok := st.Tensor(t.name)
		if !ok {
			return nil, meta, fmt.Errorf("no tensor %q", t.name)
		}
		if view.DType() != safetensors.F32 || !slices.Equal(view.Shape(), t.shape) {
			return nil, meta, fmt.Errorf("tensor %q is %v %v, not F32 %v", t.name, view.DType(), view.Shape(), t.shape)
		}
		sum.Write(view.Data())
		*t.values = make([]float64, 0, len(view.Data())/4)
		for b := view.Data(); len(b) > 0; b = b[4:] {
			*t.values = append(*t.values, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
		}
	}
	if found := hex.EncodeToString(sum.Sum(nil)); found != strs["sha256"] {
		return nil, meta, fmt.Errorf("checksum is %.12s…, not %.12s…: the file is damaged", found, strs["sha256"])
	}
	m, err := c.model()
	if err != nil {
		return nil, meta, err
	}
	return m, meta, m.Validate()
}

// strict decodes JSON that may hold nothing unknown: a setting that this
// version does not know would be ignored at the price of wrong results.
func strict(s string, v any) error {
	dec := json.NewDecoder(strings.NewReader(s))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}
