package metrics

import (
	"math"
	"time"
)

// Score is what a comparison has counted, for one recording or, summed with
// [Score.Add], for many. The zero value is the score of nothing. Its rates are
// in percent and are NaN where they would divide by nothing.
type Score struct {
	// Speech is the scored speaking time of the reference; where two speakers
	// overlap, it counts twice. Miss, FalseAlarm and Confusion are the parts
	// of the error.
	Speech, Miss, FalseAlarm, Confusion time.Duration

	// Joint is the scored time of every pair of a reference and a hypothesis
	// speaker who speak at once. Pure is the part of it with each hypothesis
	// speaker's dominant reference speaker, Covered the part with each
	// reference speaker's dominant hypothesis speaker.
	Joint, Pure, Covered time.Duration

	// Jaccard is the sum over the reference speakers of their Jaccard errors,
	// each from 0 to 1.
	Jaccard float64

	// RefSpeakers and HypSpeakers are the numbers of speakers, summed over
	// recordings: those who speak in the evaluated time, collars and overlap
	// included.
	RefSpeakers, HypSpeakers int
	// Recordings is the number of recordings, Exact of how many the number of
	// speakers is right, SpeakersOff the sum of |N̂ − N|.
	Recordings, Exact, SpeakersOff int

	// Detection counts speech against silence, whatever the speaker.
	Detection Detection
}

// Detection is the score of a speech detector. Speech is the scored time in
// which anybody speaks in the reference; overlap counts once.
type Detection struct {
	Speech, Miss, FalseAlarm time.Duration
}

// Add adds o's counts to s.
func (s *Score) Add(o Score) {
	s.Speech += o.Speech
	s.Miss += o.Miss
	s.FalseAlarm += o.FalseAlarm
	s.Confusion += o.Confusion
	s.Joint += o.Joint
	s.Pure += o.Pure
	s.Covered += o.Covered
	s.Jaccard += o.Jaccard
	s.RefSpeakers += o.RefSpeakers
	s.HypSpeakers += o.HypSpeakers
	s.Recordings += o.Recordings
	s.Exact += o.Exact
	s.SpeakersOff += o.SpeakersOff
	s.Detection.Add(o.Detection)
}

// DER is the diarization error rate: miss, false alarm and confusion together,
// in percent of Speech. It can exceed 100.
func (s Score) DER() float64 { return percent(s.Miss+s.FalseAlarm+s.Confusion, s.Speech) }

// MissRate is Miss in percent of Speech.
func (s Score) MissRate() float64 { return percent(s.Miss, s.Speech) }

// FalseAlarmRate is FalseAlarm in percent of Speech.
func (s Score) FalseAlarmRate() float64 { return percent(s.FalseAlarm, s.Speech) }

// ConfusionRate is Confusion in percent of Speech.
func (s Score) ConfusionRate() float64 { return percent(s.Confusion, s.Speech) }

// JER is the Jaccard error rate of the DIHARD challenges in percent: the mean
// over reference speakers of 1 − |r ∩ h| / |r ∪ h|, where h is the hypothesis
// speaker paired with r, and 1 for those left without one. The pairing is one
// to one and makes the mean smallest. It is computed over the evaluated time,
// collars and overlap included. Without reference speakers it is 0 if nobody
// was found either, and 100 otherwise.
func (s Score) JER() float64 {
	switch {
	case s.RefSpeakers > 0:
		return 100 * s.Jaccard / float64(s.RefSpeakers)
	case s.HypSpeakers > 0:
		return 100
	}
	return 0
}

// Purity is the time-weighted cluster purity in percent: Pure of Joint.
func (s Score) Purity() float64 { return percent(s.Pure, s.Joint) }

// Coverage is purity with the roles exchanged: Covered of Joint, in percent.
func (s Score) Coverage() float64 { return percent(s.Covered, s.Joint) }

// MeanSpeakersOff is the mean over recordings of |N̂ − N|.
func (s Score) MeanSpeakersOff() float64 { return ratio(float64(s.SpeakersOff), float64(s.Recordings)) }

// ExactRate is the percentage of recordings with the right number of speakers.
func (s Score) ExactRate() float64 { return 100 * ratio(float64(s.Exact), float64(s.Recordings)) }

// Add adds o's counts to d.
func (d *Detection) Add(o Detection) {
	d.Speech += o.Speech
	d.Miss += o.Miss
	d.FalseAlarm += o.FalseAlarm
}

// MissRate is Miss in percent of Speech.
func (d Detection) MissRate() float64 { return percent(d.Miss, d.Speech) }

// FalseAlarmRate is FalseAlarm in percent of Speech.
func (d Detection) FalseAlarmRate() float64 { return percent(d.FalseAlarm, d.Speech) }

// ErrorRate is miss and false alarm together, in percent of Speech.
func (d Detection) ErrorRate() float64 { return percent(d.Miss+d.FalseAlarm, d.Speech) }

func percent(part, whole time.Duration) float64 {
	return ratio(100*float64(part), float64(whole))
}

func ratio(part, whole float64) float64 {
	if whole == 0 {
		return math.NaN()
	}
	return part / whole
}
