package capture

import (
	"context"
	"io"

	"github.com/seed-7adb9000/diarizer/capture/ffmpeg"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

const (
	// soundFrom is the sample value from which on a track is not silent: -60 dB of
	// full scale.
	soundFrom = 1e-3
	// silentFor is after how many seconds of silence at the beginning the next track is tried.
	silentFor = 600
	// mostTracks bounds the tracks that are tried.
	mostTracks = 16
)

// firstThatSounds is dec, the decoder of the first track of a file, unless that track begins with minutes of silence and
// another one does not.
func (rec *Recording) firstThatSounds(ctx context.Context, src ffmpeg.Source, dec *converted, what string) (pcm.Reader, error) {
	first := newAhead(dec)
	if first.look(func(c chunk) bool { return sounds(c.samples) }) {
		return first, nil
	}
	for src.Track = 1; src.Track <= mostTracks && ctx.Err() == nil; src.Track++ {
		sounds, err := trackSounds(ctx, src)
		if err != nil {
			break // the track does not exist or cannot be decoded
		}
		if !sounds {
			continue
		}
		if src.Track == 1 {
			return first, nil
		}
		rec.stop()
		rec.stop, rec.wait = func() {}, nil
		other, err := rec.convert(ctx, src, what)
		if err != nil {
			return nil, err
		}
		other.silent = true
		return other, nil
	}
	return first, ctx.Err()
}

// trackSounds reports whether there is sound within the first minutes of a track.
func trackSounds(ctx context.Context, src ffmpeg.Source) (bool, error) {
	p, err := ffmpeg.Start(src)
	if err != nil {
		return false, err
	}
	defer p.Close()
	defer context.AfterFunc(ctx, func() { p.Close() })()
	dec, err := ffmpeg.NewReader(p)
	if err != nil {
		return false, err
	}
	f := dec.Format()
	buf := make([]float32, max(aheadBuffer, f.Channels))
	for left := silentFor * f.Rate; left > 0; {
		n, err := dec.Read(buf)
		if sounds(buf[:n*f.Channels]) {
			return true, nil
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return false, err
		}
		left -= n
	}
	return false, nil
}

func sounds(samples []float32) bool {
	for _, x := range samples {
		if x >= soundFrom || x <= -soundFrom {
			return true
		}
	}
	return false
}
