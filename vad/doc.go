// Package vad finds speech in a stream of 16 kHz mono sound, 10 ms at a time.
//
// Harmonicity comes first: voiced sounds repeat themselves at the pitch period,
// and the normalised cross-correlation over lags of 60 to 400 Hz measures that
// whatever the level. Stationary periodic noise (hum, fans) repeats itself too,
// so its correlation, averaged while nothing rises above the noise floor, is
// taken out first, after Lee and Ellis, "Voice activity detection in personal
// audio recordings using autocorrelogram compensation" (Interspeech 2006).
// Unvoiced sounds count through the band levels over an adaptive noise floor.
//
// All analysis happens below 4 kHz, so that telephone sound and wide-band sound
// look the same, and is relative to floors that follow the recording, so that
// level does not matter.
//
// Digital silence says nothing of a room: after two seconds of it the detector
// rests until there is sound again, and silence to come can be skipped.
//
// A [Detector] is a plain struct without goroutines. Its decisions depend on the
// samples alone, never on the sizes of the blocks they arrive in, and in the
// steady state it allocates nothing.
package vad
