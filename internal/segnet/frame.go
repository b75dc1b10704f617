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
// is A, B or C holds for one window or stream alone.
type Frame [Classes]float32

// Nobody is the probability that nobody speaks.
func (f *Frame) Nobody() float32 { return f[0] }

// Speech is the probability that somebody speaks.
func (f *Frame) Speech() float32 { return f.One() + f.Two() }

// One is the probability that exactly one speaker speaks.
func (f *Frame) One() float32 { return f[1] + f[2] + f[3] }

// Two is the probability that two speakers speak at once, or more: the network
// knows no more.
func (f *Frame) Two() float32 { return f[4] + f[5] + f[6] }

// Speakers are the probabilities that A, B and C speak, alone or not.
func (f *Frame) Speakers() [3]float32 {
	return [3]float32{f[1] + f[4] + f[5], f[2] + f[4] + f[6], f[3] + f[5] + f[6]}
}

// Frames is how many frames a window of samples has.
func Frames(samples int) int {
	if samples < Field {
		return 0
	}
	return (samples-Field)/Step + 1
}

// Centre is the sample in the middle of what frame i is computed from.
func Centre(i int64) int64 { return i*Step + (Field-1)/2 }
