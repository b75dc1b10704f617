package segnet

import "github.com/seed-7adb9000/diarizer/internal/network/half"

// kept is the latest samples of a stream, as 16-bit floats.
type kept struct {
	first   int64 // place in the stream of samples[0]
	samples []uint16
}

func (k *kept) append(v float32) { k.samples = append(k.samples, half.Of(v)) }

// drop forgets the first n samples.
func (k *kept) drop(n int) {
	k.samples = k.samples[:copy(k.samples, k.samples[n:])]
	k.first += int64(n)
}

// clear forgets all samples. The next one is at place first.
func (k *kept) clear(first int64) { k.first, k.samples = first, k.samples[:0] }

// into appends samples [from, to) of the stream to dst, and 0 for those that are not kept.
func (k *kept) into(dst []float32, from, to int64) []float32 {
	end := k.first + int64(len(k.samples))
	for ; from < to; from++ {
		var v float32
		if from >= k.first && from < end {
			v = half.Float32(k.samples[from-k.first])
		}
		dst = append(dst, v)
	}
	return dst
}
