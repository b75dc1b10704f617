package main

import (
	"fmt"
	"sync"

	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// models are the models that clients may name: those of the program, read once.
type models struct {
	usual string // --model
	mu    sync.Mutex
	read  map[string]model.Model
}

func newModels(usual string) *models { return &models{usual: usual, read: map[string]model.Model{}} }

// pipeline is how to diarize with the model of a name, --model if there is none.
func (m *models) pipeline(name string) (pipeline.Config, error) {
	switch name {
	case "":
		name = m.usual
	case modelfile.Accurate, modelfile.Light:
	default: // no client reads files of ours
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
