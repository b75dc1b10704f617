package enroll

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

// around is how much of the quiet beside a turn is heard with it, in samples: it says how
// loud the room is.
const around = event.Rate / 2

// Alone returns when a speaker speaks and nobody else does, with some of the quiet
// around it, in order.
func Alone(turns []event.Turn, who event.Speaker) []online.Span {
	var own, others []online.Span
	for _, t := range turns {
		if t.Speaker == who {
			own = append(own, online.Span{Start: max(0, int64(t.Start)-around), End: int64(t.End) + around})
		} else {
			others = append(others, online.Span{Start: int64(t.Start), End: int64(t.End)})
		}
	}
	own, others = union(own), union(others)
	var alone []online.Span
	for _, s := range own {
		for _, o := range others {
			if o.End <= s.Start || s.End <= o.Start {
				continue
			}
			if s.Start < o.Start {
				alone = append(alone, online.Span{Start: s.Start, End: o.Start})
			}
			s.Start = o.End
		}
		if s.Start < s.End {
			alone = append(alone, s)
		}
	}
	return alone
}

// union makes spans that do not touch, in order.
func union(spans []online.Span) []online.Span {
	slices.SortFunc(spans, func(a, b online.Span) int { return int(a.Start - b.Start) })
	var out []online.Span
	for _, s := range spans {
		if n := len(out); n > 0 && s.Start <= out[n-1].End {
			out[n-1].End = max(out[n-1].End, s.End)
		} else if s.End > s.Start {
			out = append(out, s)
		}
	}
	return out
}

// only is a source of parts of another's sound, one behind the other.
type only struct {
	capture.Source
	spans []online.Span
	block capture.Block // what is left of it
	at    int64         // how much was returned
}

// Only is the sound of a source in some spans, which are in order and do not touch,
// without the rest. To close it closes the source.
func Only(src capture.Source, spans []online.Span) capture.Source {
	return &only{Source: src, spans: spans}
}

// Next returns a block of the spans.
func (o *only) Next(ctx context.Context) (capture.Block, error) {
	for {
		for len(o.spans) > 0 && len(o.block.Samples) > 0 {
			s := o.spans[0]
			from, to := max(s.Start, o.block.Start), min(s.End, o.block.End())
			if from < to {
				out := capture.Block{Start: o.at, Samples: o.block.Samples[from-o.block.Start : to-o.block.Start : to-o.block.Start]}
				o.block = capture.Block{Start: to, Samples: o.block.Samples[to-o.block.Start:]}
				o.at += to - from
				return out, nil
			}
			if s.End > o.block.End() {
				break
			}
			o.spans = o.spans[1:]
		}
		if len(o.spans) == 0 {
			return capture.Block{}, io.EOF
		}
		b, err := o.Source.Next(ctx)
		if err != nil && !(errors.Is(err, io.EOF) && len(b.Samples) > 0) {
			return capture.Block{}, err
		}
		o.block = b
	}
}
