// Package simulate makes conversations with an exact reference out of
// recordings of single speakers, and puts sound into rooms, noise and onto
// telephone lines. Everything is a function of its inputs and the random
// source, so a seed repeats it.
package simulate
