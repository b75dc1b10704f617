// Package meter measures a running stream for display: how loud the sound is, how far
// the stream has been heard, and how far the decisions are behind the sound. A reading is
// shown and forgotten. Readings are no events, and no event depends on them.
package meter

import (
	"context"
	"math"
	"sync"
	"time"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/dsp/clean"
)

// Floor is the level of silence, in dB relative to full scale.
const Floor = -100

// Reading is what the meter of one stream shows now.
type Reading struct {
	Stream string `json:"stream"`
	Run    string `json:"run"`
	// At is how far the stream has been heard.
	At event.Time `json:"time"`
	// Level is the root mean square of the sound since the last reading, or of the first
	// second of that sound. Peak is the largest sample of the same sound. Both are in dB
	// relative to full scale, at least Floor.
	Level float64 `json:"level"`
	Peak  float64 `json:"peak"`
	// Lag is how much later than its sound the latest decision came, in seconds of wall
	// time.
	Lag float64 `json:"lag"`
}

// Every is the least time between two readings, in wall time and in stream time.
const Every = 100 * time.Millisecond

// Source measures the sound that passes through another source.
type Source struct {
	src    capture.Source
	report func(Reading)
	now    func() time.Time

	copied    []float32 // scratch
	sum       float64
	low, high float32
	n         int
	last      time.Time

	mu    sync.Mutex
	heard []moment // the latest blocks without a decision
	lag   time.Duration
}

var _ capture.Source = (*Source)(nil)

// moment is the end of a block, in samples and in wall time.
type moment struct {
	at   int64
	wall time.Time
}

// enough is how much sound makes a reading, in samples. A recording that is replayed at
// full speed has minutes of sound between two readings.
const enough = capture.Rate

// mostHeard bounds the blocks whose times are kept: more than a pipeline holds.
const mostHeard = 256

// New returns a Source that reads src. It calls report at most once per Every, from the
// goroutine that calls Next. report fills in the stream and must not block.
func New(src capture.Source, report func(Reading)) *Source {
	return &Source{src: src, report: report, now: time.Now}
}

// Next returns the source's next block.
func (s *Source) Next(ctx context.Context) (capture.Block, error) {
	b, err := s.src.Next(ctx)
	if len(b.Samples) > 0 {
		s.measure(b)
	}
	return b, err
}

func (s *Source) measure(b capture.Block) {
	if s.n < enough {
		s.add(b.Samples)
	}
	now := s.now()
	s.mu.Lock()
	if len(s.heard) == mostHeard {
		s.heard = s.heard[:copy(s.heard, s.heard[mostHeard/2:])]
	}
	s.heard = append(s.heard, moment{b.End(), now})
	lag := s.lag
	s.mu.Unlock()
	if s.n < int(Every.Seconds()*capture.Rate) || now.Sub(s.last) < Every {
		return
	}
	r := Reading{At: event.Time(b.End()), Level: decibels(math.Sqrt(s.sum / float64(s.n))), Peak: decibels(float64(max(s.high, -s.low))), Lag: lag.Seconds()}
	s.sum, s.low, s.high, s.n, s.last = 0, 0, 0, 0, now
	s.report(r)
}

// add adds samples to the next reading.
func (s *Source) add(samples []float32) {
	samples, _ = clean.Copied(&s.copied, samples)
	v := blas32.Vector{N: len(samples), Data: samples, Inc: 1}
	s.sum += float64(blas32.Dot(v, v))
	for _, x := range samples {
		if x > s.high {
			s.high = x
		} else if x < s.low {
			s.low = x
		}
	}
	s.n += len(samples)
}

// Decided tells the meter that all decisions up to a position, in samples, are made. Any
// goroutine may call it.
func (s *Source) Decided(at int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for n < len(s.heard) && s.heard[n].at <= at {
		n++
	}
	if n > 0 {
		s.lag = s.now().Sub(s.heard[n-1].wall)
		s.heard = s.heard[:copy(s.heard, s.heard[n:])]
	}
}

// Close closes the source.
func (s *Source) Close() error { return s.src.Close() }

func decibels(amplitude float64) float64 {
	return max(Floor, math.Round(200*math.Log10(amplitude))/10)
}
