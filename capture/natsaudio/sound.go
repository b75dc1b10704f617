package natsaudio

import (
	"fmt"
	"math"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/internal/mix"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
	"github.com/seed-7adb9000/diarizer/capture/resample"
	"github.com/seed-7adb9000/diarizer/internal/dsp/clean"
	"github.com/seed-7adb9000/diarizer/internal/dsp/numeric"
)

// sound turns the packets of one session, in order, into samples of one channel at capture.Rate. After missing packets, it
// begins again on the same grid of output samples.
type sound struct {
	format   Packet // of the session; only Encoding, Rate and Channels count
	channel  capture.Channel
	s16      pcm.Encoding
	opus     *renewing // nil for samples
	mixer    *mix.Mixer
	rs       *resample.Resampler
	up, down int64 // capture.Rate over format.Rate in lowest terms

	odd int // samples of the last packet that are not numbers

	began bool
	pos   int64 // end of the last packet, in input samples of the session
	at    int64 // position of the next output, in output samples of the session

	frames, mono, out []float32
}

func newSound(p Packet, ch capture.Channel) (*sound, error) {
	if int(ch) > p.Channels {
		return nil, fmt.Errorf("has no channel %d, only %d: choose a channel it has, or mix", ch, p.Channels)
	}
	s := &sound{format: p, channel: ch, s16: pcm.S16()}
	s.format.Data = nil
	if p.Encoding == Opus {
		dec, err := newRenewing(p.Channels)
		if err != nil {
			return nil, err
		}
		s.opus = dec
	}
	rs, err := resample.New(p.Rate, capture.Rate)
	if err != nil {
		return nil, err
	}
	s.rs, s.mixer = rs, mix.New(p.Rate, p.Channels)
	g := int64(numeric.GCD(p.Rate, capture.Rate))
	s.up, s.down = capture.Rate/g, int64(p.Rate)/g
	return s, nil
}

// same reports whether p is of the session's format.
func (s *sound) same(p Packet) bool {
	return p.Encoding == s.format.Encoding && p.Rate == s.format.Rate && p.Channels == s.format.Channels
}

// push hands the packet's sound to emit, with its position in the session at capture.Rate. Before a gap, it first hands on
// the rest of the earlier sound. The samples are valid until emit returns.
func (s *sound) push(p Packet, emit func(at int64, samples []float32)) error {
	frames, err := s.decode(p)
	if err != nil {
		return err
	}
	s.odd = clean.In(frames)
	n := min(len(frames)/p.Channels, p.Samples)
	from := int(min(int64(n), max(0, s.pos-p.Position))) // samples that were heard before or lie before 0
	if !s.began {
		from = int(min(int64(n), max(0, -p.Position)))
	}
	if from == n {
		return nil
	}
	if at := p.Position + int64(from); !s.began || at > s.pos {
		s.flush(emit)
		s.begin(at)
	}
	s.pos += int64(n - from)
	mono := s.mix(frames[from*p.Channels:n*p.Channels], gain(p.Gain))
	s.give(s.rs.Push(s.out[:0], mono), emit)
	return nil
}

// output is the first output position that is not before an input position. Input positions were checked, so the result
// does not overflow.
func (s *sound) output(pos int64) int64 {
	whole, rest := pos/s.down, pos%s.down
	return whole*s.up + (rest*s.up+s.down-1)/s.down
}

// begin starts the resampler at an input position, so that outputs keep to one grid
// through all gaps.
func (s *sound) begin(at int64) {
	s.mixer.Cut()
	s.rs.ResetAt(at % s.down)
	s.began, s.pos, s.at = true, at, s.output(at)
}

// give passes output samples to emit.
func (s *sound) give(out []float32, emit func(int64, []float32)) {
	s.out = out
	if len(out) > 0 {
		emit(s.at, out)
		s.at += int64(len(out))
	}
}

// flush hands on what the resampler still holds.
func (s *sound) flush(emit func(int64, []float32)) {
	if s.began {
		s.give(s.rs.Flush(s.out[:0]), emit)
	}
}

// decode returns interleaved samples, valid until the next call.
func (s *sound) decode(p Packet) ([]float32, error) {
	if s.opus != nil {
		return s.opus.decode(p)
	}
	n := len(p.Data) / s.s16.Size
	if cap(s.frames) < n {
		s.frames = make([]float32, n)
	}
	s.frames = s.frames[:n]
	s.s16.Decode(s.frames, p.Data)
	return s.frames, nil
}

// mix makes one channel of interleaved frames, multiplied by gain.
func (s *sound) mix(frames []float32, gain float32) []float32 {
	ch := s.format.Channels
	n := len(frames) / ch
	if cap(s.mono) < n {
		s.mono = make([]float32, n)
	}
	s.mono = s.mono[:n]
	if c := int(s.channel) - 1; c >= 0 {
		for i := range s.mono {
			s.mono[i] = frames[i*ch+c]
		}
	} else {
		s.mixer.Mix(s.mono, frames)
	}
	for i, x := range s.mono {
		s.mono[i] = max(-clean.Limit, min(clean.Limit, x*gain))
	}
	return s.mono
}

func gain(decibels float64) float32 {
	if decibels == 0 {
		return 1
	}
	return float32(math.Pow(10, decibels/20))
}
