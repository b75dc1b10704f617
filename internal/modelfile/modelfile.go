// Package modelfile keeps models in safetensors files, which any language can
// read: float32 tensors, and as metadata the settings that belong to them,
// what they were trained on, and a checksum.
//
// The tensors, M Gaussians of d features with ν eigenvoices and μ eigenchannels:
//
//	feature_mean   d
//	weights        M
//	means, vars    M×d
//	eigenvoices    M×d×ν
//	eigenchannels  M×d×μ, absent where μ is 0
//
// The metadata: format ("diarizer-model/1"), settings (JSON), training (JSON,
// see [Metadata]) and sha256, over the settings and the tensors in this order.
package modelfile

import (
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/nlpodyssey/safetensors"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/segment"
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

// settings are the parts of a model that are not tensors.
type settings struct {
	Features  segment.FeatureConfig `json:"features"`
	Nu        int                   `json:"eigenvoices"`
	Mu        int                   `json:"eigenchannels"`
	OneChan   bool                  `json:"ignore_channels,omitempty"`
	Phi       float64               `json:"phi"`
	Token     float64               `json:"token,omitempty"`
	Soft      bool                  `json:"soft"`
	Slack     float64               `json:"slack"`
	Length    float64               `json:"length"`
	Threshold float64               `json:"threshold"`
	Slope     float64               `json:"slope"`
}

// tensor is a named part of a model with its shape.
type tensor struct {
	name   string
	shape  []uint64
	values *[]float64
}

func tensors(m *model.Model, size int) []tensor {
	n, d, nu, mu := uint64(size), uint64(m.Dim()), uint64(m.Nu), uint64(m.Mu)
	all := []tensor{
		{"feature_mean", []uint64{d}, &m.FeatureMean},
		{"weights", []uint64{n}, &m.Weights},
		{"means", []uint64{n, d}, &m.Means},
		{"vars", []uint64{n, d}, &m.Vars},
		{"eigenvoices", []uint64{n, d, nu}, &m.V},
	}
	if mu > 0 {
		all = append(all, tensor{"eigenchannels", []uint64{n, d, mu}, &m.U})
	}
	return all
}

// Write writes a valid model.
func Write(w io.Writer, m *model.Model, meta Metadata) error {
	if err := m.Validate(); err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	set, err := json.Marshal(settings{Features: m.Features, Nu: m.Nu, Mu: m.Mu, OneChan: m.IgnoreChannels, Phi: m.Phi, Token: m.Token,
		Soft: m.Soft, Slack: m.Slack, Length: m.Length, Threshold: m.Threshold, Slope: m.Slope})
	if err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	training, err := json.Marshal(meta)
	if err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	views := map[string]safetensors.TensorView{}
	sum := sha256.New()
	sum.Write(set)
	for _, t := range tensors(m, m.Gaussians()) {
		data := make([]byte, 0, 4*len(*t.values))
		for _, v := range *t.values {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(v)))
		}
		sum.Write(data)
		if views[t.name], err = safetensors.NewTensorView(safetensors.F32, t.shape, data); err != nil {
			return fmt.Errorf("write model: %w", err)
		}
	}
	err = safetensors.SerializeToWriter(views, map[string]string{"format": format, "settings": string(set),
		"training": string(training), "sha256": hex.EncodeToString(sum.Sum(nil))}, w)
	if err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	return nil
}

// Read reads a model. Its errors name the file as name, say what was found and
// what was expected, and wrap [ErrFormat] unless r itself failed.
func Read(r io.Reader, name string) (*model.Model, error) {
	m, _, err := ReadWithMetadata(r, name)
	return m, err
}

// ReadWithMetadata reads a model and where it comes from.
func ReadWithMetadata(r io.Reader, name string) (*model.Model, Metadata, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	if err != nil {
		return nil, Metadata{}, fmt.Errorf("%s: %w", name, err)
	}
	return named(data, name)
}

// named is parse with the file's name in its errors.
func named(data []byte, name string) (*model.Model, Metadata, error) {
	m, meta, err := parse(data)
	if err != nil {
		return nil, Metadata{}, fmt.Errorf("%s: %w: %s; expected a file that diarizer train wrote", name, ErrFormat, oneLine(err))
	}
	return m, meta, nil
}

func parse(data []byte) (*model.Model, Metadata, error) {
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
	var set settings
	if err := strict(strs["settings"], &set); err != nil {
		return nil, meta, fmt.Errorf("settings: %w", err)
	}
	if err := json.Unmarshal([]byte(strs["training"]), &meta); err != nil {
		return nil, meta, fmt.Errorf("training: %w", err)
	}
	m := &model.Model{Features: set.Features, Nu: set.Nu, Mu: set.Mu, IgnoreChannels: set.OneChan, Phi: set.Phi, Token: set.Token,
		Soft: set.Soft, Slack: set.Slack, Length: set.Length, Threshold: set.Threshold, Slope: set.Slope}
	weights, ok := st.Tensor("weights")
	if !ok || len(weights.Shape()) != 1 {
		return nil, meta, errors.New(`no tensor "weights" of one dimension`)
	}
	if m.Nu < 1 || m.Mu < 0 {
		return nil, meta, fmt.Errorf("%d eigenvoices and %d eigenchannels", m.Nu, m.Mu)
	}
	sum := sha256.New()
	io.WriteString(sum, strs["settings"])
	for _, t := range tensors(m, int(weights.Shape()[0])) {
		view, ok := st.Tensor(t.name)
		if !ok {
			return nil, meta, fmt.Errorf("no tensor %q", t.name)
		}
		if view.DType() != safetensors.F32 || !equal(view.Shape(), t.shape) {
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
	return m, meta, m.Validate()
}

// strict decodes JSON that may hold nothing unknown: a setting that this
// version does not know would be ignored at the price of wrong results.
func strict(s string, v any) error {
	dec := json.NewDecoder(strings.NewReader(s))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}

func equal(a, b []uint64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// oneLine keeps a foreign file's content from spreading over the terminal.
func oneLine(err error) string {
	const limit = 200
	s := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(err.Error(), "?"))
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}

//go:embed default.safetensors
var embedded []byte

// Default returns the model that is part of the program.
func Default() (*model.Model, error) {
	m, _, err := named(embedded, "embedded model")
	return m, err
}

// DefaultMetadata returns where the model that is part of the program comes
// from.
func DefaultMetadata() (Metadata, error) {
	_, meta, err := named(embedded, "embedded model")
	return meta, err
}
