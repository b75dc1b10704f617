// Package lab is the laboratory of the speech detector: recordings with a
// known reference, real or composed, and the error of a detector on them.
package lab

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/mewkiz/flac"
)

// Rate is the sample rate of everything here, in hertz.
const Rate = 16000

// ReadFLAC returns the first channel of a FLAC file at 16 kHz. Files of 8 kHz are
// brought up by a windowed-sinc interpolation; other rates are an error.
func ReadFLAC(path string) ([]float32, error) {
	s, err := flac.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: not readable as FLAC: %w", path, err)
	}
	defer s.Close()
	scale := 1 / float32(int64(1)<<(s.Info.BitsPerSample-1))
	x := make([]float32, 0, s.Info.NSamples)
	for {
		f, err := s.ParseNext()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: damaged after %d samples: %w", path, len(x), err)
		}
		for _, v := range f.Subframes[0].Samples[:f.Subframes[0].NSamples] {
			x = append(x, float32(v)*scale)
		}
	}
	switch s.Info.SampleRate {
	case Rate:
		return x, nil
	case Rate / 2:
		return double(x), nil
	}
	return nil, fmt.Errorf("%s: sample rate %d Hz, want %d or %d", path, s.Info.SampleRate, Rate, Rate/2)
}

// ReadSpeech returns, for each 10 ms frame up to frames, whether any SPEAKER line
// of the RTTM file covers it.
func ReadSpeech(path string, frames int) ([]bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	ref := make([]bool, frames)
	in := bufio.NewScanner(f)
	for n := 1; in.Scan(); n++ {
		p := strings.Fields(in.Text())
		if len(p) == 0 || p[0] != "SPEAKER" {
			continue
		}
		if len(p) < 8 {
			return nil, fmt.Errorf("%s:%d: %d fields, want at least 8", path, n, len(p))
		}
		start, err1 := strconv.ParseFloat(p[3], 64)
		dur, err2 := strconv.ParseFloat(p[4], 64)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("%s:%d: start or duration: %w", path, n, err)
		}
		for i := max(0, int(start*100+0.5)); i < min(frames, int((start+dur)*100+0.5)); i++ {
			ref[i] = true
		}
	}
	return ref, in.Err()
}
