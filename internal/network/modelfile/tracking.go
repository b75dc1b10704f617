package modelfile

import (
	"github.com/seed-7adb9000/diarizer/internal/network/segnet"
	"github.com/seed-7adb9000/diarizer/internal/network/simd"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/embedding"
)

// tracking is segnet as package embedding wants it.
type tracking struct{ runners *segnet.Runners }

// Tracking returns the segmentation network that is part of the program, on the fastest
// path of this machine.
func Tracking() (embedding.Tracking, error) { return TrackingOn(simd.Best()) }

// TrackingOn returns it on a path of the kernels, one of simd.Paths.
func TrackingOn(path simd.Path) (embedding.Tracking, error) {
	net, err := segnet.Default()
	if err != nil {
		return nil, err
	}
	return tracking{segnet.NewRunners(net, path)}, nil
}

// Fingerprint implements [embedding.Tracking].
func (t tracking) Fingerprint() string { return t.runners.Network().Fingerprint() }

// NewTracker implements [embedding.Tracking].
func (t tracking) NewTracker() model.Tracker { return &tracker{segnet.NewStreamOn(t.runners)} }

// tracker is a stream of segnet as package model wants it.
type tracker struct{ *segnet.Stream }

// Push implements [model.Tracker].
func (t *tracker) Push(samples []float32, emit func(int64, model.Presence)) {
	t.Stream.Push(samples, func(k int64, f *segnet.Frame) { emit(k, presence(f)) })
}

// Flush implements [model.Tracker].
func (t *tracker) Flush(emit func(int64, model.Presence)) {
	t.Stream.Flush(func(k int64, f *segnet.Frame) { emit(k, presence(f)) })
}

// Skip implements [model.Tracker].
func (t *tracker) Skip(times int64) { t.Pass(times) }

// Centre implements [model.Tracker].
func (t *tracker) Centre(frame int64) int64 { return segnet.Centre(frame) }

func presence(f *segnet.Frame) model.Presence {
	p := model.Presence{Speech: f.Speech(), Two: f.Two()}
	for i := range p.Tracks {
		p.Tracks[i] = f.Active(i)
	}
	return p
}
