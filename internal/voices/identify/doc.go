// Package identify decides which speakers of a stream are which of the people who are
// enrolled. It is mathematics only: no goroutine, clock, file or connection.
//
// An enrolment and a stream are recordings of different days, rooms, microphones and
// lines. What a voice differs by from one to the other is more than what it differs by
// within a stream, so that the threshold and the slope by which a stream is clustered
// are too sure here, and lines and rooms move many of a model's factors together. An
// [Across] is what is learnt of that. A [Rule] has numbers of its own for a kind of model; the command
// "diarizer-lab evaluate --identify" finds them on people of whom nothing else was learnt.
//
// One person is at most one speaker of a stream, and a speaker is one person or a
// stranger: [Probabilities] weighs all ways of saying who is who.
package identify
