package training

import (
	"github.com/seed-7adb9000/diarizer/vad/internal/front"
	"github.com/seed-7adb9000/diarizer/vad/internal/lab"
	"github.com/seed-7adb9000/diarizer/vad/internal/train"
)

// sequence turns a clip into what the network is fitted to: the means of the
// features of each step hops, as the detector forms them, and how much of the
// step that lies delay hops before is speech.
func sequence(clip lab.Clip, delay int) train.Sequence {
	n := len(clip.Speech) / step
	s := train.Sequence{X: make([]float32, n*front.Size), Y: make([]float32, n), Weight: make([]float32, n)}
	f := front.New()
	var v [front.Size]float32
	lag := 0
	for i := range n * step {
		lag = f.Push(clip.Samples[i*front.Hop:]).Vector(&v, lag)
		for k, x := range v {
			s.X[i/step*front.Size+k] += x / step
		}
	}
	for k := range n {
		at := k*step - delay
		if at < 0 {
			continue
		}
		s.Weight[k] = 1
		for i := range step {
			if clip.Speech[at+i] {
				s.Y[k] += 1.0 / step
			}
		}
	}
	return s
}
