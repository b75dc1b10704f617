package capture

import (
	"context"
	"errors"
	"io"
)

// ReadAll reads src to its end and returns the samples of its whole time, from position
// 0 on, with silence in the gaps. The samples must fit into memory. If src fails,
// ReadAll returns the samples before the error.
func ReadAll(ctx context.Context, src Source) ([]float32, error) {
	var all []float32
	for {
		b, err := src.Next(ctx)
		if gap := b.Start - int64(len(all)); gap > 0 && len(b.Samples) > 0 {
			all = append(all, make([]float32, gap)...)
		}
		all = append(all, b.Samples...)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
	}
}
