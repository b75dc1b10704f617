// Package tracks makes one meeting of recordings of its participants, a microphone
// each: who speaks is known by the track, what is left to find out is when. What one
// microphone hears of somebody else's speaker is told once, where it was said.
package tracks
