package enroll

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// Sample is what one recording says of a voice.
type Sample struct {
	// Stats are of all speech in it.
	Stats model.Stats
	// Voices are the seconds of speech of each voice that is clearly another than
	// those before it, most first.
	Voices []float64
	// Speech and Noise are the levels of the speech and of the quietest moments in
	// it, in dBFS.
	Speech, Noise float64
}

var (
	// ErrTooShort is matched by the error for too little speech.
	ErrTooShort = errors.New("too little speech")
	// ErrVoices is matched by the error for a recording of several people.
	ErrVoices = errors.New("several voices")
	// ErrNoisy is matched by the error for speech that hardly stands out.
	ErrNoisy = errors.New("too noisy")
)

// What a sample has to be.
const (
	// MinFrames is the least speech that somebody is enrolled with: 5 s.
	MinFrames = 500
	// otherSeconds and otherPart are the least speech of another voice that is
	// substantial.
	otherSeconds, otherPart = 2.0, 0.15
	// minSNR is how far speech has to stand out, in decibels.
	minSNR = 8.0
)

// Check explains why nobody can be enrolled with s, or returns nil. The error says what
// was found. Whether there is enough speech is asked of all recordings together, by the
// function [Check].
func (s Sample) Check() error {
	if len(s.Voices) > 1 {
		all := 0.0
		for _, v := range s.Voices {
			all += v
		}
		if v := s.Voices[1]; v >= otherSeconds && v >= otherPart*all {
			return fmt.Errorf("%w: %.1f s of one and %.1f s of another: give recordings of one person alone", ErrVoices, s.Voices[0], v)
		}
	}
	if s.Stats.N > 0 && s.Speech-s.Noise < minSNR {
		return fmt.Errorf("%w: speech of %.0f dBFS stands %.0f dB above the noise, expected at least %.0f dB: record closer to the mouth, or where it is quieter",
			ErrNoisy, s.Speech, s.Speech-s.Noise, minSNR)
	}
	return nil
}

// Check reports whether there is too little speech in stats.
func Check(stats model.Stats) error {
	if stats.N < MinFrames {
		return fmt.Errorf("%w: %.1f s, expected at least %.0f s: give more recordings", ErrTooShort, stats.N/100, MinFrames/100.)
	}
	return nil
}

// apart returns the seconds of speech of each voice, most first, those added up that
// may well be one. In one recording, that is decided as in a stream; but to refuse
// somebody takes more than the threshold: odds of clearly two.
func apart(m model.Model, all []model.Stats) []float64 {
	slices.SortStableFunc(all, func(a, b model.Stats) int { return cmp.Compare(b.N, a.N) })
	scorer, rule := m.NewScorer(), m.Rule()
	var voices []model.Voice
	var seconds []float64
	for _, stats := range all {
		v := model.Voice{Stats: stats}
		scorer.Update(&v)
		at := slices.IndexFunc(voices, func(known model.Voice) bool {
			return rule.LogOdds(scorer.Score(&known, &v)) > clearlyTwo
		})
		if at < 0 {
			at = len(voices)
			voices, seconds = append(voices, v), append(seconds, 0)
		}
		seconds[at] += stats.N / 100
	}
	slices.SortFunc(seconds, func(a, b float64) int { return cmp.Compare(b, a) })
	return seconds
}

// clearlyTwo are log odds under which two voices are two people's.
const clearlyTwo = -1.0
