// Package words says who said each word: it joins what a speech recogniser
// heard, words with times, with what a diarizer knows, turns with speakers.
//
// Taking the turn at the middle of a word goes wrong where a word crosses a
// change of speakers, where two talk at once, where the recogniser's times are a
// tenth of a second off, and where a turn is doubtful. [Join] weighs these
// together. Each word has a likelihood for each speaker, from how far it lies in
// that speaker's turns, how far outside, and how sure the turns are. Between two
// words the speaker may change, more readily after a pause or at the end of a
// sentence than within one. The most probable sequence of speakers is found by
// dynamic programming (Viterbi 1967), and how probable each is by the
// forward-backward algorithm (Baum and others 1970). A word far from all
// speech has nobody's name.
//
// The clock of the words may be ahead of that of the turns, or run faster: the
// two are laid upon each other where words and speech agree best, see [Align].
//
// The package knows no files and no network: it takes and returns values, uses
// nothing but the standard library, and the same input gives the same output.
package words
