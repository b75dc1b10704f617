package capture

import (
	"fmt"
	"math"
	"strings"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// decoder is a decoder that has notes about odd sound.
type decoder interface {
	pcm.Gapped
	// notes say what is odd about a channel, or about all channels for Mix.
	notes(of Channel) []string
}

// leveled is a decoder that scales samples to full scale, see [scale], and measures their level, to report
// a recording that is silent or was recorded too loud.
type leveled struct {
	*ahead
	float bool // whether samples may be of any size
	began bool

	scale  scale
	peaks  []float32 // of each channel, full scale being 1
	count  int64     // samples
	full   int64     // samples at full scale
	beyond int64     // samples beyond it
}

// newLeveled returns a leveled of the samples of dec.
func newLeveled(dec pcm.Reader) *leveled {
	a, ok := dec.(*ahead)
	if !ok {
		a = newAhead(dec)
	}
	e := dec.Format().Encoding
	return &leveled{ahead: a, float: strings.HasPrefix(e, floating) || e == byFFmpeg}
}

// floating begins the names of encodings whose samples may be of any size.
const floating = "float"

// Read decodes interleaved frames into dst as [pcm.Reader] has it.
func (l *leveled) Read(dst []float32) (int, error) {
	if l.float && !l.began {
		l.began = true
		var probe scale
		l.ahead.look(func(c chunk) bool {
			probe.watch(c.samples, c.format)
			return probe.clear
		})
		l.scale.index = probe.index
	}
	n, err := l.ahead.Read(dst)
	if n > 0 {
		f := l.Format()
		if l.float {
			l.scale.apply(dst[:n*f.Channels], f)
		}
		l.measure(dst[:n*f.Channels], f.Channels)
	}
	return n, err
}

// fullScale is a level that samples at full scale reach in every encoding.
const fullScale = 0.98

// measure updates the level with more frames.
func (l *leveled) measure(frames []float32, ch int) {
	for len(l.peaks) < ch {
		l.peaks = append(l.peaks, 0)
	}
	l.count += int64(len(frames))
	for ; len(frames) > 0; frames = frames[ch:] {
		for c, x := range frames[:ch] {
			if x < 0 {
				x = -x
			}
			if x > l.peaks[c] {
				l.peaks[c] = x
			}
			if x < fullScale {
				continue
			}
			if l.full++; x > 1 {
				l.beyond++
			}
		}
	}
}

const (
	// silentBelow is the largest amplitude of a recording without sound: -80 dB of full
	// scale.
	silentBelow = 1e-4
	// tooLoud is the share of samples at full scale or beyond from which on there is a note.
	tooLoud = 0.01
)

// notes say what is odd about the sound, mainly about its level.
func (l *leveled) notes(of Channel) (all []string) {
	if l.count == 0 {
		return nil
	}
	switch inner := l.Reader.(type) {
	case interface{ notes() []string }:
		all = inner.notes()
	case interface{ Tracks() int }:
		if n := inner.Tracks(); n > 1 {
			all = append(all, fmt.Sprintf("it has %d sound tracks, and the first is heard", n))
		}
	}
	if s := l.scale.String(); s != "" {
		all = append(all, s)
	}
	part := func(n int64) float64 { return float64(n) / float64(l.count) }
	loudest := float32(0)
	for _, p := range l.peaks {
		loudest = max(loudest, p)
	}
	peak := loudest
	if of > 0 && int(of) <= len(l.peaks) {
		peak = l.peaks[of-1]
	}
	switch {
	case peak < silentBelow && loudest >= silentBelow:
		all = append(all, fmt.Sprintf("channel %d is silent%s, and another one is not", of, reached(peak)))
	case peak < silentBelow:
		all = append(all, "it is silent"+reached(peak))
	case part(l.beyond) >= tooLoud:
		all = append(all, fmt.Sprintf("%.1f %% of its samples are beyond full scale and were clipped, the loudest is %.3g times that", 100*part(l.beyond), loudest))
	case part(l.full) >= tooLoud:
		all = append(all, fmt.Sprintf("it was recorded too loud: %.1f %% of its samples are at full scale", 100*part(l.full)))
	}
	return all
}

// reached is the level of a silent recording in words.
func reached(peak float32) string {
	if peak == 0 {
		return " throughout"
	}
	return fmt.Sprintf(": its loudest sample is at %.0f dB of full scale", 20*math.Log10(float64(peak)))
}
