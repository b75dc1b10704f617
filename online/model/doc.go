// Package model is the utterance comparison model of Jeon, Ma & Macho, "An
// Utterance Comparison Model for Speaker Clustering Using Factor Analysis" (ICASSP
// 2011). It leaves open where the statistics come from. An utterance is a pair
// <d, D⁻¹>. Two pairs have a log P(H1), the log probability that one person spoke
// both.
//
// Pairs add up: the pair of several utterances of one speaker is the sum of their
// pairs. So a cluster of any length is one [Stats], and taking an utterance out of a
// cluster is a subtraction.
//
// A [Model] makes pairs of sound. There are two kinds. Package eigenvoice has the
// paper's, with a UBM and eigenvoices. Package embedding has the one in which a network
// makes a vector of an utterance. The three packages hold mathematics only: no
// goroutine, clock, file or connection.
package model
