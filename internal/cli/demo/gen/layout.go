package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// region is a stretch of speech, in frames.
type region struct{ start, end int }

const (
	// belowPeak is how far below its loudest frame an utterance still is
	// speech, in dB: flite's own silence lies 43 dB and more below, its
	// weakest fricatives less than 35.
	belowPeak = 38
	// maxPause is the longest pause inside a segment, in frames.
	maxPause = 50
)

// speechRegions finds where samples have energy. Pauses of up to maxPause are
// part of the speech around them.
func speechRegions(samples []float64) []region {
	energy := make([]float64, len(samples)/frame)
	peak := 0.0
	for i := range energy {
		for _, s := range samples[i*frame : (i+1)*frame] {
			energy[i] += s * s
		}
		peak = math.Max(peak, energy[i])
	}
	var regions []region
	threshold := peak * math.Pow(10, -belowPeak/10.)
	for i, e := range energy {
		last := len(regions) - 1
		switch {
		case e <= threshold:
		case last >= 0 && i-regions[last].end <= maxPause:
			regions[last].end = i + 1
		default:
			regions = append(regions, region{i, i + 1})
		}
	}
	return regions
}

// layOut puts the turns one after the other on the frame grid, each trimmed to its speech and at its
// voice's level. The segments that it returns are exact.
func layOut(d dialogue, speech [][]float64) ([]float64, []rttm.Segment, error) {
	var samples []float64
	var segments []rttm.Segment
	end := 0 // latest end of speech, in frames
	for i, t := range d.turns {
		regions := speechRegions(speech[i])
		if len(regions) == 0 {
			return nil, nil, fmt.Errorf("%q: no speech in what flite said", t.text)
		}
		first, last := regions[0].start, regions[len(regions)-1].end
		at := end + int(math.Round(t.gap*rate/frame))
		if at < 0 {
			return nil, nil, fmt.Errorf("%q: starts before the recording", t.text)
		}
		gain := gainTo(t.voice.level, speech[i], regions)
		length := (at + last - first) * frame
		if missing := length - len(samples); missing > 0 {
			samples = append(samples, make([]float64, missing)...)
		}
		for j, s := range speech[i][first*frame : last*frame] {
			samples[at*frame+j] += gain * s
		}
		for _, r := range regions {
			segments = append(segments, rttm.Segment{File: "demo", Channel: "1", Speaker: t.voice.name,
				Start: float64(at+r.start-first) / (rate / frame), End: float64(at+r.end-first) / (rate / frame)})
		}
		end = max(end, at+last-first)
	}
	return append(samples, make([]float64, tail*rate)...), segments, nil
}

// gainTo is the factor that brings the speech in samples to a level in dBFS.
func gainTo(level float64, samples []float64, regions []region) float64 {
	sum, n := 0.0, 0
	for _, r := range regions {
		for _, s := range samples[r.start*frame : r.end*frame] {
			sum += s * s
			n++
		}
	}
	return math.Pow(10, level/20) / math.Sqrt(sum/float64(n))
}

// addNoise adds the noise of a quiet room at a level in dBFS: its spectrum falls by 6 dB an octave
// from 160 Hz on, with a little white noise. The noise is the same every time.
func addNoise(samples []float64, level float64) {
	r := rand.New(rand.NewPCG(1, 2))
	pole := math.Exp(-2 * math.Pi * 160 / rate)
	low := 0.0
	for i := range samples {
		low = pole*low + math.Sqrt(1-pole*pole)*r.NormFloat64()
		samples[i] += math.Pow(10, level/20) * (math.Sqrt(0.9)*low + math.Sqrt(0.1)*r.NormFloat64())
	}
}
