// Package mic captures from a microphone, or whatever else the machine has as an
// input, as a [capture.Source] that never makes the device wait.
//
// One goroutine owns the device. It polls: it asks how much has arrived and reads
// no more than that, so that no call into the sound system can block on a device
// that has gone. What it reads is mixed to one channel, converted to 16 kHz and
// put into a bounded ring, from which [Mic.Next] takes it; where the ring is full,
// sound is dropped and counted.
//
// Time follows the clock and not the device's count of samples, because common
// sound systems lose sound without saying so, and crystals differ. The lag of
// what was delivered behind the clock is watched: where it has grown, that much
// sound was lost, and the position of the next block skips ahead by it; where it
// creeps, single samples are added or taken out by interpolation. Nothing is
// touched between.
//
// A device that falls silent for longer than [StallAfter] or fails is closed and
// opened again by its name, with growing pauses, until it is back or the Mic is
// closed. What was missed in the meantime is a gap in the positions.
//
// The sound system itself is a [Host]. [System] is the machine's, by PortAudio,
// where the program was built with it (build tag portaudio, and cgo).
package mic
