package front

import "math"

// Size is the length of a feature vector.
const Size = 2*bands + 10

// Vector writes the features in the form a classifier likes: each about between
// -1 and 2, none of them dependent on the level of the recording. It returns the
// lag for the next call's last.
func (f *Features) Vector(dst *[Size]float32, last int) int {
	all := f.Level[bands]
	for b := range bands {
		dst[b] = max(0, min(f.Over[b], 60))/20 - 0.5
		dst[bands+b] = max(-3, min(3, (f.Level[b]-all)/15+1))
	}
	rest := dst[2*bands:]
	rest[0] = max(0, min(f.Over[bands], 60))/20 - 0.5
	rest[1] = max(-3, (all-f.Peak)/20+1)
	rest[2] = f.Pitch.Height
	rest[3] = f.Pitch.Prominence - 0.5
	rest[4] = f.Raw.Height
	rest[5] = f.Raw.Prominence - 0.5
	rest[6], rest[7] = 0, 0
	rest[8] = max(0, min(f.Far, 80))/20 - 0.5
	rest[9] = max(-2, min(2, (all-f.Voice)/20+1))
	if f.Raw.Lag > 0 {
		rest[6] = float32(math.Log2(float64(f.Raw.Lag)/25)) / 1.4
		if last > 0 { // a steady pitch stays within a semitone or two of its last
			rest[7] = max(0, 1-8*float32(math.Abs(math.Log2(float64(f.Raw.Lag)/float64(last)))))
		}
	}
	return f.Raw.Lag
}
