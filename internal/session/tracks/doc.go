// Package tracks makes one meeting of its participants' microphones, recorded or as they
// are heard: who speaks is known by the track, what is left to find out is when. What one
// microphone hears of somebody else's speaker is told once, where it was said.
//
// A [Room] reads the tracks side by side, by their positions. A gate compares them while
// they come and puts noise where one hears another's speaker; it keeps seconds of sound,
// and tracks whose clocks drift apart are followed. What leaves it goes through a pipeline
// for each track, and the events of these become those of one stream.
package tracks
