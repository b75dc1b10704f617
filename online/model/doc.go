// Package model is the utterance comparison model of Jeon, Ma & Macho, "An
// Utterance Comparison Model for Speaker Clustering Using Factor Analysis"
// (ICASSP 2011): a UBM, eigenvoices and eigenchannels turn the frames of an
// utterance into a pair <d, D⁻¹>, and two such pairs into log P(H1), the log
// probability that one person spoke both.
//
// The pairs are sums over frames. The pair of a union of utterances of one
// speaker is the sum of their pairs, so a cluster of any length is one [Stats],
// and taking an utterance out of it again is a subtraction.
//
// The package holds mathematics only: no goroutine, clock, file or network.
package model
