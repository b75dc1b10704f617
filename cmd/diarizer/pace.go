package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/modelfile"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/segment"
)

// leastPace is how many times as fast as it is spoken a model has to make pairs of
// speech for a live stream: each second is heard about twice, and the rest of the
// program and of the machine want their share.
const leastPace = 5

// pace measures that on a second of sound: the best of three.
func pace(m model.Model) float64 {
	ear, stats := m.NewListener(), m.Shape().NewStats()
	least := time.Duration(1<<63 - 1)
	for try := range int64(3) {
		frames := make([]float64, segment.AtomFrames*m.Front().Dim())
		var sounds []*model.Sound
		for at := int64(0); at < 100; at += segment.AtomFrames {
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
	return time.Second.Seconds() / max(least, time.Microsecond).Seconds()
}

// livable returns m where this machine keeps up with it, and otherwise the light
// model with a sentence that says so. at is the pace of m.
func livable(m model.Model, at float64) (model.Model, string, error) {
	if at >= leastPace {
		return m, "", nil
	}
	light, _, err := modelfile.Embedded(modelfile.Light)
	if err != nil {
		return nil, "", err
	}
	return light, fmt.Sprintf("this machine embeds speech at %.1f times the speed at which it is spoken, less than %d: the light model is used instead; --model %s insists", at, leastPace, modelfile.Accurate), nil
}
