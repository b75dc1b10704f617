package capture

import (
	"context"
	"io"
	"slices"
)

// FromSamples returns a source of samples in memory, one channel at 16 kHz in [-1, 1].
// The samples are copied block by block and stay as they are.
func FromSamples(samples []float32) Source { return &memory{samples: samples} }

type memory struct {
	samples []float32
	at      int
}

// Next implements [Source].
func (m *memory) Next(ctx context.Context) (Block, error) {
	if err := ctx.Err(); err != nil {
		return Block{}, err
	}
	if m.at >= len(m.samples) {
		return Block{}, io.EOF
	}
	end := min(m.at+Rate/10, len(m.samples))
	b := Block{Start: int64(m.at), Samples: slices.Clone(m.samples[m.at:end])}
	m.at = end
	return b, nil
}

// Close implements [Source].
func (m *memory) Close() error { return nil }
