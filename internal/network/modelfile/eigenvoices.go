package modelfile

import (
	"errors"
	"fmt"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

// eigenvoices is the content of a file of an eigenvoice model.
type eigenvoices struct {
	set eigenvoiceSettings
	m   eigenvoice.Model // its tensors
}

// eigenvoiceSettings are the parts that are not tensors.
type eigenvoiceSettings struct {
	Features              features.Config `json:"features"`
	Nu                    int             `json:"eigenvoices"`
	Mu                    int             `json:"eigenchannels"`
	OneChan               bool            `json:"ignore_channels,omitempty"`
	Phi                   float64         `json:"phi"`
	OffsetVariance        float64         `json:"token,omitempty"`
	Soft                  bool            `json:"soft"`
	WithinSpeakerVariance float64         `json:"slack"`
	LengthExponent        float64         `json:"length"`
	Threshold             float64         `json:"threshold"`
	Slope                 float64         `json:"slope"`
}

func eigenvoicesOf(m *eigenvoice.Model) *eigenvoices {
	return &eigenvoices{
		set: eigenvoiceSettings{Features: m.Features, Nu: m.Nu, Mu: m.Mu, OneChan: m.IgnoreChannels, Phi: m.Phi, OffsetVariance: m.OffsetVariance,
			Soft: m.Soft, WithinSpeakerVariance: m.WithinSpeakerVariance, LengthExponent: m.LengthExponent, Threshold: m.Threshold, Slope: m.Slope},
		m: eigenvoice.Model{FeatureMean: m.FeatureMean, Weights: m.Weights, Means: m.Means, Vars: m.Vars, V: m.V, U: m.U},
	}
}

func (e *eigenvoices) settings() any { return &e.set }

func (e *eigenvoices) tensors(shape func(string) []uint64) ([]tensor, error) {
	if e.set.Nu < 1 || e.set.Mu < 0 {
		return nil, fmt.Errorf("%d eigenvoices and %d eigenchannels", e.set.Nu, e.set.Mu)
	}
	n, d, nu, mu := uint64(len(e.m.Weights)), uint64(e.set.Features.Dim()), uint64(e.set.Nu), uint64(e.set.Mu)
	if shape != nil {
		weights := shape("weights")
		if len(weights) != 1 {
			return nil, errors.New(`no tensor "weights" of one dimension`)
		}
		n = weights[0]
	}
	all := []tensor{
		{"feature_mean", []uint64{d}, &e.m.FeatureMean},
		{"weights", []uint64{n}, &e.m.Weights},
		{"means", []uint64{n, d}, &e.m.Means},
		{"vars", []uint64{n, d}, &e.m.Vars},
		{"eigenvoices", []uint64{n, d, nu}, &e.m.V},
	}
	if mu > 0 {
		all = append(all, tensor{"eigenchannels", []uint64{n, d, mu}, &e.m.U})
	}
	return all, nil
}

func (e *eigenvoices) model() (model.Model, error) {
	s, m := e.set, &e.m
	m.Features, m.Nu, m.Mu, m.IgnoreChannels, m.Phi, m.OffsetVariance = s.Features, s.Nu, s.Mu, s.OneChan, s.Phi, s.OffsetVariance
	m.Soft, m.WithinSpeakerVariance, m.LengthExponent, m.Threshold, m.Slope = s.Soft, s.WithinSpeakerVariance, s.LengthExponent, s.Threshold, s.Slope
	return m, nil
}
