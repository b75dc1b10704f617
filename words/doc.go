// Package words says who said each word. A speech recogniser gives words with times, and a
// diarizer gives turns with speakers. The package joins them.
//
// To take the turn at the middle of a word is wrong where a word crosses a change of
// speakers, where two talk at once, where the recogniser's times are a tenth of a second
// off, and where a turn is doubtful. [Join] weighs all of that. Each word has a
// likelihood for each speaker, from how far it lies in that speaker's turns, how far
// outside, and how sure the turns are. Between two words the speaker may change, more
// readily after a pause or at the end of a sentence than within one. The most probable
// sequence of speakers is found by dynamic programming (Viterbi 1967), and how probable
// each is by the forward-backward algorithm (Baum and others 1970). A word far from all
// speech has no speaker.
//
// The clock of the words may be ahead of the clock of the turns, or run faster. [Align]
// finds the difference with which words and speech agree best.
//
// The package knows no files and no network. It takes and returns values and uses the
// standard library alone. The same input gives the same output.
package words
