package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/segment"
)

// leastPace is the speed, as a multiple of real time, that a model needs for a live stream.
// Each second of speech becomes part of about three pairs, and the rest of the program and of
// the machine need time too.
const leastPace = 5

// pace measures the speed of a model as a multiple of real time. A second of speech costs one
// pair and the tracker's share.
func pace(m model.Model) float64 {
	took := pairing(m) + tracking(m)
	return time.Second.Seconds() / max(took, time.Microsecond).Seconds()
}

// tracking is the time that the tracker of the model takes for a second of sound, averaged
// over one cycle.
func tracking(m model.Model) time.Duration {
	t, ok := m.(model.Tracking)
	if !ok {
		return 0
	}
	tracker := t.NewTracker()
	if tracker == nil {
		return 0
	}
	noise := make([]float32, capture.Rate)
	for i := range noise {
		noise[i] = float32((i*7)%11)/110 - 0.05
	}
	heard := 0
	ignore := func(int64, model.Presence) { heard++ }
	least := time.Duration(1<<63 - 1)
	for range 15 { // three windows are computed within
		began := time.Now()
		before := heard
		tracker.Push(noise, ignore)
		if heard > before {
			least = min(least, time.Since(began))
		}
	}
	return time.Duration(float64(least) * capture.Rate / float64(tracker.Cycle()))
}

// pairing is the time of a pair of one second of speech, the best of three.
func pairing(m model.Model) time.Duration {
	ear, stats := m.NewListener(), m.Shape().NewStats()
	least := time.Duration(1<<63 - 1)
	for try := range int64(3) {
		frames := make([]float64, segment.ChunkFrames*m.Front().Dim())
		var sounds []*model.Sound
		for at := int64(0); at < 100; at += segment.ChunkFrames {
			for i := range frames {
				frames[i] = float64((i*7+int(at+try))%11) / 11
			}
			s := ear.Hear(frames, 1000*try+at)
			sounds = append(sounds, &s)
		}
		began := time.Now()
		ear.Pair(&stats, slices.Values(sounds))
		least = min(least, time.Since(began))
	}
	return least
}

// livable returns m where this machine keeps up with it. Otherwise, it returns the light
// model and a sentence that says so. at is the pace of m.
func livable(m model.Model, at float64) (model.Model, string, error) {
	if at >= leastPace {
		return m, "", nil
	}
	light, _, err := modelfile.Embedded(modelfile.Light)
	if err != nil {
		return nil, "", err
	}
	return light, fmt.Sprintf("this machine hears speech at %.1f times the speed at which it is spoken, less than %d: the light model is used instead; --model %s insists", at, leastPace, modelfile.Accurate), nil
}
