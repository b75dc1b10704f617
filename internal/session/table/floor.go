package table

const (
	quietly   = 0.1      // share of the frames that are below the floor
	halve     = 30 * 100 // frames after which the counts are halved
	enough    = 100      // frames after which the floor is known
	inaudible = -90      // decibels: the level of a microphone that is off
)

// floor is the level of a device between speech, over the last half minute or so.
type floor struct {
	counts [128]float32 // frames by their level, from -100 dB on
	sum    float32
	since  int
}

func (f *floor) add(level float64) {
	if level <= inaudible {
		return
	}
	f.counts[min(127, int(level)+100)]++
	f.sum++
	if f.since++; f.since == halve {
		f.since, f.sum = 0, f.sum/2
		for i := range f.counts {
			f.counts[i] /= 2
		}
	}
}

// level is the floor in decibels. ok is false while the floor is not known.
func (f *floor) level() (decibels float64, ok bool) {
	if f.sum < enough/2 {
		return 0, false
	}
	left := quietly * f.sum
	for i, n := range f.counts {
		if left -= n; left < 0 {
			return float64(i - 100), true
		}
	}
	return 0, false
}
