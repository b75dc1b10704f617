// Package capture brings sound into the program. Recordings, standard input and
// devices all become the same stream: blocks of one channel at 16 kHz.
//
// Time is a sample count from the start of the stream, never a wall clock. A
// [Source] that loses sound (a device that overflows, a packet that never arrives)
// skips ahead in Block.Start. So the length of the loss is exact, and later times stay
// true.
package capture

import "context"

// Rate is the sample rate of every [Block], in hertz. All stages work on it.
const Rate = 16000

// MaxPosition is the last position that a stream may reach, in samples: 139 years.
// Positions up to it are exact as a time.Duration and as seconds in a float64.
const MaxPosition = 1 << 46

// Block is a run of consecutive mono samples.
type Block struct {
	// Start is the position of Samples[0], in samples since the start of the
	// stream. A Start beyond the end of the block before it is a gap: that
	// much sound was lost. It is at most MaxPosition.
	Start int64
	// Samples are in [-1, 1]. They belong to the receiver. A block without samples
	// only says that a gap lasts until Start, or longer.
	Samples []float32
}

// End is the position after the last sample of b.
func (b Block) End() int64 { return b.Start + int64(len(b.Samples)) }

// Source yields a stream's blocks in order.
type Source interface {
	// Next returns the next block. It returns io.EOF, with an empty block,
	// after the last one, and ctx.Err() when ctx is done first. Any other
	// error ends the stream; what was returned before it stays valid.
	Next(ctx context.Context) (Block, error)
	// Close releases the file, device or connection behind the source.
	Close() error
}
