package state

import (
	buffers "bytes"
	"math/bits"

	"github.com/icza/bitio"
)

// packer writes or reads integers near 0 in few bits.
type packer struct {
	w     *bitio.Writer
	r     *bitio.Reader
	left  []uint64 // prediction errors of the present block
	plain []uint64 // values of the present block
}

// plainBlock is written instead of the number of low bits if a block is written without prediction.
const plainBlock = 63

// put writes a block by Golomb-Rice coding. It writes the low bits of each number of left, and the
// rest of the number as that many zeros and a one. The number of low bits is the one that makes the
// block shortest. If the block would not be shorter than plain, or cannot be coded, put writes size
// bits of each number of plain.
func (k *packer) put(size uint8, able bool) {
	largest := uint64(0)
	for _, v := range k.left {
		largest = max(largest, v)
	}
	low, least := uint8(plainBlock), len(k.left)*int(size)
	for n := uint8(0); able && n < plainBlock; n++ {
		if largest>>n > uint64(63-n) {
			continue // a code has 64 bits at most
		}
		total := len(k.left) * int(n+1)
		for _, v := range k.left {
			total += int(v >> n)
		}
		if total < least {
			low, least = n, total
		} else if low != plainBlock || n > uint8(bits.Len64(largest)) {
			break // from here on, more bits only make it longer
		}
	}
	k.w.TryWriteBits(uint64(low), 6)
	if low == plainBlock {
		for _, v := range k.plain {
			k.w.TryWriteBits(v, size)
		}
		return
	}
	for _, v := range k.left {
		k.w.TryWriteBits(1<<low|v&(1<<low-1), uint8(v>>low)+1+low)
	}
}

// get reads a block of n numbers to left. It reports whether they are plain values instead of
// prediction errors.
func (k *packer) get(size uint8, n int) (plain bool) {
	k.left = k.left[:0]
	low := uint8(k.r.TryReadBits(6))
	for range n {
		if k.r.TryError != nil {
			return false
		}
		if low == plainBlock {
			k.left = append(k.left, k.r.TryReadBits(size))
			continue
		}
		over := uint64(0)
		for !k.r.TryReadBool() && k.r.TryError == nil {
			over++
		}
		k.left = append(k.left, over<<low|k.r.TryReadBits(low))
	}
	return low == plainBlock
}

// packed codes *p with put and get.
func packed[T any](c *coder, tag byte, p *[]T, put func(*packer), get func(k *packer, dst []T, n int) []T) {
	n := uint64(len(*p))
	c.number(tag, &n, 4)
	if c.err != nil {
		return
	}
	if c.saving {
		size := 0
		c.length(tagValue, &size, 1)
		from := len(c.b)
		to := buffers.NewBuffer(c.b)
		k := packer{w: bitio.NewWriter(to)}
		put(&k)
		k.w.Close() // writing to a buffer does not fail
		c.b = to.Bytes()
		c.setLength(from)
		return
	}
	var raw []byte
	bytes(c, tagValue, &raw)
	switch {
	case c.err != nil:
		return
	case n > 8*uint64(len(raw)): // each number has at least a bit
		c.fail("a length of %d in %d bytes", n, len(raw))
		return
	}
	from := buffers.NewReader(raw)
	k := packer{r: bitio.NewReader(from)}
	*p = get(&k, resized(*p, int(n))[:0], int(n))
	if k.r.TryError != nil || len(*p) != int(n) || from.Len() > 0 {
		c.fail("%d packed numbers, %d found and %d bytes left", n, len(*p), from.Len())
	}
}

// zigzag maps integers near 0 to small unsigned integers.
func zigzag(v int64) uint64 { return uint64(v<<1) ^ uint64(v>>63) }

func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }
