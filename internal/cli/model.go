package cli

import (
	"bufio"
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

// ModelUsage is the help of every --model.
const ModelUsage = "accurate (a network), light (eigenvoices, a twentieth of the work), or a model file"

// ModelFlag registers --model.
func ModelFlag(f *pflag.FlagSet, name *string) {
	f.StringVar(name, "model", modelfile.Accurate, ModelUsage)
}

// ModelPath has the file that --model names. It is empty for a model in the program.
func ModelPath(name string) []string {
	if name == "" || name == modelfile.Accurate || name == modelfile.Light {
		return nil
	}
	return []string{name}
}

// ReadModel returns the model that --model names.
func ReadModel(name string) (model.Model, error) {
	if name == modelfile.Accurate || name == modelfile.Light {
		m, _, err := modelfile.Embedded(name)
		return m, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("--model: %w; expected %s, %s or a model file", err, modelfile.Accurate, modelfile.Light)
	}
	defer f.Close()
	return modelfile.Read(bufio.NewReader(f), name)
}

// ReadEigenvoices is [ReadModel] for commands that need an eigenvoice model.
func ReadEigenvoices(name string) (*eigenvoice.Model, error) {
	m, err := ReadModel(name)
	if err != nil {
		return nil, err
	}
	e, ok := m.(*eigenvoice.Model)
	if !ok {
		return nil, fmt.Errorf("--model %s: its kind is %s, expected %s", name, m.Kind(), eigenvoice.Kind)
	}
	return e, nil
}
