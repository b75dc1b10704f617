// Package tracks makes one meeting of the microphones of its participants, recorded or
// live. The track says who speaks; the diarization has to find only when. A microphone
// also hears the people at other microphones (crosstalk). That speech is reported once,
// for the track of the person who spoke.
//
// A [Room] reads the tracks side by side, by their positions. A gate compares the tracks
// as they come and replaces crosstalk by noise. It keeps seconds of sound, and follows
// tracks whose clocks drift apart. Each track then goes through a pipeline of its own, and
// the events of all pipelines become the events of one stream.
package tracks
