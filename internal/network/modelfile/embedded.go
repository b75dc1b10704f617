package modelfile

import (
	_ "embed"
	"fmt"

	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

// The names of the models that are part of the program.
const (
	// Accurate is the name of the model that hears by a network.
	Accurate = "accurate"
	// Light is the name of the model with eigenvoices, which costs a twentieth.
	Light = "light"
)

//go:embed accurate.safetensors
var accurate []byte

//go:embed light.safetensors
var light []byte

// Embedded returns the model of the given name, [Accurate] or [Light], that is
// part of the program, and where it comes from.
func Embedded(name string) (model.Model, Metadata, error) {
	switch name {
	case Accurate:
		return named(accurate, "embedded model "+name)
	case Light:
		return named(light, "embedded model "+name)
	}
	return nil, Metadata{}, fmt.Errorf("%w: %q is not part of the program: expected %s or %s", ErrFormat, name, Accurate, Light)
}

// Eigenvoices returns the model [Light].
func Eigenvoices() (*eigenvoice.Model, error) {
	m, _, err := Embedded(Light)
	if err != nil {
		return nil, err
	}
	return m.(*eigenvoice.Model), nil
}
