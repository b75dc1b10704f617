package segnet

const (
	// Rate is the sample rate of the sound, in Hz.
	Rate = 16000
	// Step is how many samples frames are apart.
	Step = 270
	// Field is how many samples a frame is computed from before the LSTMs, which
	// know the frames around it: frame i covers samples [i·Step, i·Step + Field).
	Field = 991
	// Classes is how many probabilities a frame has.
	Classes = 7
)

// Frame holds the probabilities of who speaks: nobody, one of three speakers A, B and C,
// or two of them (AB, AC, BC), in this order. They add up to 1. Which voice
// is A, B or C differs from window to window; a [Stream] keeps it.
type Frame [Classes]float32

// Nobody is the probability that nobody speaks.
func (f *Frame) Nobody() float32 { return f[0] }

// Speech is the probability that somebody speaks.
func (f *Frame) Speech() float32 { return 1 - f[0] }

// One is the probability that exactly one speaker speaks.
func (f *Frame) One() float32 { return f[1] + f[2] + f[3] }

// Two is the probability that two speakers speak at once, or more: the network
// knows no more.
func (f *Frame) Two() float32 { return f[4] + f[5] + f[6] }

// Active is the probability that speaker 0, 1 or 2, which are A, B and C, speaks, alone
// or not.
func (f *Frame) Active(speaker int) float32 {
	sum := f[1+speaker]
	for other := range 3 {
		if other != speaker {
			sum += f[pair(speaker, other)]
		}
	}
	return sum
}

// pair is the class of two speakers.
func pair(a, b int) int { return 3 + a + b }

// average makes f the mean of f and g.
func (f *Frame) average(g *Frame) {
	for i, v := range g {
		f[i] = (f[i] + v) / 2
	}
}

// Frames is how many frames a window of samples has.
func Frames(samples int) int {
	if samples < Field {
		return 0
	}
	return (samples-Field)/Step + 1
}

// Centre is the sample in the middle of what frame i is about, 270·i + 495.
func Centre(i int64) int64 { return i*Step + (Field-1)/2 }
