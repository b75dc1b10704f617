// Package mic captures from a microphone, or another input of the machine, as a [capture.Source] that never
// makes the device wait.
//
// One goroutine owns the device. It asks how much sound has arrived and reads no more than that, so that no
// call into the sound system can block on a device that has gone. The sound is mixed to one channel,
// converted to 16 kHz and put into a bounded ring. [Mic.Next] reads the ring. If the ring is full, sound is
// dropped and counted.
//
// Positions follow the clock and not the device's count of samples, because common sound systems lose sound
// without reporting it, and the rates of devices differ a little. The Mic watches the lag of the delivered
// sound behind the clock. If the lag has jumped, that much sound was lost, and the position of the next
// block skips ahead by it. If the lag drifts slowly, single samples are added or removed by interpolation.
// Otherwise, samples are unchanged.
//
// A device that fails, or is silent for longer than [StallAfter], is closed and opened again by its name,
// with growing pauses, until it is back or the Mic is closed. The sound that was missed is a gap in the
// positions.
//
// The sound system is a [Host]. [System] returns that of the machine, by PortAudio if the program was built
// with it (build tag portaudio, and cgo).
package mic
