package mix

import "slices"

// noises finds channels that are nothing but steady noise and cover speech on others. Make it with
// newNoises.
type noises struct {
	over   []bool
	recent []recent
	since  int // hops since the last judgement
	sorted [recentHops]float64
}

// recent is how loud the latest hops of a channel were.
type recent struct {
	power        [recentHops]float64
	n, next      int
	quiet, loud  float64 // tenth and ninetieth percentile at the last judgement
	louder       int     // successive hops that were louder than steady noise
	steady, live bool
}

const (
	// recentHops is the longest time over which noise has to be steady: 3 s.
	recentHops = 300
	// leastHops is the shortest time over which noise has to be steady: 1 s.
	leastHops = 100
	// judgeEvery is the time between two judgements, in hops.
	judgeEvery = 50

	// steadyRange is the largest range of the power of steady noise, 3 dB. A hum has no
	// range, noise in hops of 10 ms about 2 dB.
	steadyRange = 2
	// liveRange is the least range of the power of speech with its pauses: 10 dB.
	liveRange = 10
	// covers is how far noise may lie below speech on another channel and still cover it:
	// 10 dB.
	covers = 0.1
	// breaks is how many hops of a channel have to be louder than its steady noise, for the
	// channel to be heard again at once.
	breaks = 2
)

func newNoises(channels int) noises {
	return noises{over: make([]bool, channels), recent: make([]recent, channels)}
}

// add takes the energies of a hop.
func (z *noises) add(energy []float64) {
	for c := range z.recent {
		r := &z.recent[c]
		r.add(energy[c])
		if z.over[c] && r.louder >= breaks {
			z.over[c] = false
			r.n, r.next, r.steady = 0, 0, false // somebody speaks: begin again
		}
	}
	if z.since++; z.since < judgeEvery {
		return
	}
	z.since = 0
	for c := range z.recent {
		z.recent[c].judge(&z.sorted)
	}
	for c := range z.recent {
		z.over[c] = z.covering(c)
	}
}

// covering reports whether channel c is steady noise that covers a channel with speech.
func (z *noises) covering(c int) bool {
	if !z.recent[c].steady {
		return false
	}
	for d := range z.recent {
		if d != c && z.recent[d].live && z.recent[c].quiet > covers*z.recent[d].loud {
			return true
		}
	}
	return false
}

func (r *recent) add(power float64) {
	r.power[r.next] = power
	r.next = (r.next + 1) % recentHops
	r.n = min(r.n+1, recentHops)
	if r.louder++; power <= steadyRange*r.loud {
		r.louder = 0
	}
}

func (r *recent) judge(sorted *[recentHops]float64) {
	if r.n < leastHops {
		r.steady, r.live = false, false
		return
	}
	s := sorted[:copy(sorted[:], r.power[:r.n])]
	slices.Sort(s)
	r.quiet, r.loud = s[r.n/10], s[r.n*9/10]
	r.steady = r.loud < steadyRange*r.quiet
	r.live = r.loud > liveRange*r.quiet
}
