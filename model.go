package diarizer

import (
	"io"

	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// Model turns utterances into statistics that can be compared. It is read only:
// pipelines may share one.
type Model = model.Model

// ErrModel is wrapped by every error about a file that is not a usable model.
var ErrModel = modelfile.ErrFormat

// DefaultModel returns the accurate model, which uses two networks. It is part of the
// program.
func DefaultModel() (Model, error) { return embedded(modelfile.Accurate) }

// LightModel returns the eigenvoice model. It needs a tenth of the work of the default
// model and confuses speakers more often. It is part of the program.
func LightModel() (Model, error) { return embedded(modelfile.Light) }

// ReadModel reads a model from a safetensors file. Its errors name the file as name and
// wrap [ErrModel] unless r itself failed.
func ReadModel(r io.Reader, name string) (Model, error) { return modelfile.Read(r, name) }

func embedded(name string) (Model, error) {
	m, _, err := modelfile.Embedded(name)
	return m, err
}
