package tracks

import (
	"context"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/session/picture"
)

// hop is the time between two frames of a picture, in samples.
const hop = picture.Hop

// painted makes the picture of a track on its way to whoever hears it.
type painted struct {
	capture.Source
	painter *picture.Painter
	at      int64 // the end of what was pushed
	frames  []picture.Frame
}

// Next is that of a [capture.Source].
func (p *painted) Next(ctx context.Context) (capture.Block, error) {
	b, err := p.Source.Next(ctx)
	if err != nil {
		return b, err
	}
	if lost := b.Start - p.at; lost > 0 {
		p.frames = p.painter.Skip(p.frames, lost)
	}
	p.frames = p.painter.Push(p.frames, b.Samples)
	p.at = b.End()
	return b, nil
}
