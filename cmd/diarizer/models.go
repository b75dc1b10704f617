package main

import (
	"fmt"
	"sync"

	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// models are the models that clients may use: that of --model, and by name those in the
// program. Each is read once.
type models struct {
	usual string // --model
	mu    sync.Mutex
	read  map[string]model.Model
}

func newModels(usual string) *models { return &models{usual: usual, read: map[string]model.Model{}} }

// pipeline is the configuration with the model of that name, or with --model where name is
// empty.
func (m *models) pipeline(name string) (pipeline.Config, error) {
	switch name {
	case "":
		name = m.usual
	case modelfile.Accurate, modelfile.Light:
	default: // a client must not open files of this machine
		return pipeline.Config{}, fmt.Errorf("expected %s or %s", modelfile.Accurate, modelfile.Light)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.read[name] == nil {
		one, err := cli.ReadModel(name)
		if err != nil {
			return pipeline.Config{}, err
		}
		m.read[name] = one
	}
	return pipeline.Config{Model: m.read[name]}, nil
}
