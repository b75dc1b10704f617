// Package checkpoint keeps values of a few megabytes in a NATS key-value bucket. They are
// expected to change little from one checkpoint to the next. A value is cut into pieces at
// points that its own bytes decide, so that an insertion or a removal leaves the other pieces
// as they are. Only new pieces are sent.
package checkpoint

import "math/rand/v2"

// Pieces are cut where the top bits of a rolling hash of the last 64 bytes are 0
// (W. Xia et al., "FastCDC", 2016, the gear hash), after 32 KiB on average.
const (
	minPiece = 8 << 10
	maxPiece = 128 << 10
	cutMask  = (1<<15 - 1) << 49
)

// gear is a table of random numbers, the same in every process.
type gear [256]uint64

func newGear() *gear {
	r := rand.New(rand.NewPCG(0x6469617269, 0x7a6572))
	g := new(gear)
	for i := range g {
		g[i] = r.Uint64()
	}
	return g
}

// split cuts b into pieces. They are views of b, and joined they are b.
func (g *gear) split(b []byte) [][]byte {
	var pieces [][]byte
	for len(b) > 0 {
		n := g.cut(b)
		pieces = append(pieces, b[:n:n])
		b = b[n:]
	}
	return pieces
}

// cut is the length of the first piece of b.
func (g *gear) cut(b []byte) int {
	if len(b) <= minPiece {
		return len(b)
	}
	end := min(len(b), maxPiece)
	var h uint64
	// The hash depends on the last 64 bytes only.
	for i := minPiece - 64; i < end; i++ {
		h = h<<1 + g[b[i]]
		if i >= minPiece && h&cutMask == 0 {
			return i + 1
		}
	}
	return end
}
