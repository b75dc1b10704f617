package table

const (
	quietly   = 0.1      // the part of the frames that lie below the floor
	halve     = 30 * 100 // frames after which what was counted counts half
	settled   = 100      // frames that a floor is known from
	inaudible = -90      // decibels: a microphone that is off
)

// floor is the level that is there besides speech, of late.
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

// level is the floor in decibels; ok is false while it is not known.
func (f *floor) level() (decibels float64, ok bool) {
	if f.sum < settled/2 {
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
