package modelfile

import (
	"errors"
	"fmt"
	"sync"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/internal/network/campplus"
	"github.com/seed-7adb9000/diarizer/internal/network/simd"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/embedding"
)

// embeddings is the content of a file of an embedding model.
type embeddings struct {
	set embeddingSettings
	m   embedding.Model // its tensors
}

// embeddingSettings are the parts that are not tensors.
type embeddingSettings struct {
	Features              features.Config `json:"features"`
	Network               string          `json:"network"` // its fingerprint
	Phi                   float64         `json:"phi"`
	WithinSpeakerVariance float64         `json:"slack,omitempty"`
	LengthExponent        float64         `json:"length"`
	Threshold             float64         `json:"threshold"`
	Slope                 float64         `json:"slope"`
}

func embeddingOf(m *embedding.Model) *embeddings {
	return &embeddings{
		set: embeddingSettings{Features: m.Features, Network: m.Net.Fingerprint(), Phi: m.Phi, WithinSpeakerVariance: m.WithinSpeakerVariance,
			LengthExponent: m.LengthExponent, Threshold: m.Threshold, Slope: m.Slope},
		m: embedding.Model{Mean: m.Mean, P: m.P, A: m.A, B: m.B},
	}
}

func (e *embeddings) settings() any { return &e.set }

func (e *embeddings) tensors(shape func(string) []uint64) ([]tensor, error) {
	nu, dim := uint64(len(e.m.A)), uint64(len(e.m.Mean))
	if shape != nil {
		a, mean := shape("a"), shape("mean")
		if len(a) != 1 || len(mean) != 1 {
			return nil, errors.New(`no tensors "a" and "mean" of one dimension`)
		}
		nu, dim = a[0], mean[0]
	}
	return []tensor{
		{"mean", []uint64{dim}, &e.m.Mean},
		{"projection", []uint64{nu, dim}, &e.m.P},
		{"a", []uint64{nu}, &e.m.A},
		{"b", []uint64{nu}, &e.m.B},
	}, nil
}

func (e *embeddings) model() (model.Model, error) {
	net, err := Network()
	if err != nil {
		return nil, err
	}
	if found := net.Fingerprint(); found != e.set.Network {
		return nil, fmt.Errorf("it is for the network %.12s…, this program has %.12s…", e.set.Network, found)
	}
	tracking, err := Tracking()
	if err != nil {
		return nil, err
	}
	s, m := e.set, &e.m
	m.Tracking = tracking
	m.Net, m.Features, m.Phi, m.WithinSpeakerVariance, m.LengthExponent, m.Threshold, m.Slope = net, s.Features, s.Phi, s.WithinSpeakerVariance, s.LengthExponent, s.Threshold, s.Slope
	return m, nil
}

// network is campplus as package embedding wants it.
type network struct {
	*campplus.Network
	// runners are those that no stream needs at the moment: they are most of what
	// a stream would weigh, and are used for a few milliseconds a second.
	runners *sync.Pool
	// trunks are the trunks that no stream needs at the moment, 0.2 MB each.
	trunks *sync.Pool
}

// runner is a runner of the network with what it hears.
type runner struct {
	*campplus.Runner
	lifted []float32
}

// Network returns the network that is part of the program, on the fastest path of
// this machine.
func Network() (embedding.Network, error) { return NetworkOn(simd.Best()) }

// NetworkOn returns the network on a path of the kernels, one of simd.Paths.
func NetworkOn(path simd.Path) (embedding.Network, error) {
	n, err := campplus.Default()
	if err != nil {
		return nil, err
	}
	return network{n,
		&sync.Pool{New: func() any { return &runner{Runner: n.NewRunnerOn(path)} }},
		&sync.Pool{New: func() any { return new(campplus.Trunk) }}}, nil
}

// Dim implements [embedding.Network].
func (network) Dim() int { return campplus.Dim }

// NewEmbedder implements [embedding.Network].
func (n network) NewEmbedder() embedding.Embedder { return &embedder{net: n} }

// embedder is the trunk of a stream's latest utterance.
type embedder struct {
	net   network
	trunk *campplus.Trunk // nil if no trunk is kept
}

// Hear implements [embedding.Embedder].
func (e *embedder) Hear(parts ...[]float32) {
	if e.trunk == nil {
		e.trunk = e.net.trunks.Get().(*campplus.Trunk)
	}
	run := e.net.runners.Get().(*runner)
	run.lifted = lift(run.lifted[:0], parts...)
	run.Run(e.trunk, run.lifted)
	e.net.runners.Put(run)
}

// Forget implements [embedding.Embedder].
func (e *embedder) Forget() {
	if e.trunk != nil {
		e.net.trunks.Put(e.trunk)
		e.trunk = nil
	}
}

// Embed implements [embedding.Embedder]: a row of the trunk stands for two frames.
func (e *embedder) Embed(dst []float32, from, to int) {
	rows := e.trunk.Rows()
	first := min(from/2, rows-1)
	run := e.net.runners.Get().(*runner)
	defer e.net.runners.Put(run)
	run.Embed(dst, e.trunk, first, min(max((to+1)/2, first+1), rows))
}
