// Package model is the utterance comparison model of Jeon, Ma & Macho, "An
// Utterance Comparison Model for Speaker Clustering Using Factor Analysis"
// (ICASSP 2011), without saying where its statistics come from: an utterance is a
// pair <d, D⁻¹>, and two pairs have a log P(H1), the log probability that one
// person spoke both.
//
// Pairs add up. The pair of a union of utterances of one speaker is the sum of
// their pairs, so a cluster of any length is one [Stats], and taking an utterance
// out of it again is a subtraction.
//
// A [Model] makes pairs of sound. There are two kinds, each in a package of its
// own: eigenvoice is the paper's, with a UBM and eigenvoices, embedding has a
// network give an utterance a vector. This package and those hold mathematics
// only: no goroutine, clock, file or connection.
package model
