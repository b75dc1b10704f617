// Package eigenvoice is the model of Jeon, Ma & Macho as published ("An Utterance
// Comparison Model for Speaker Clustering Using Factor Analysis", ICASSP 2011): a
// UBM, eigenvoices and eigenchannels turn the frames of an utterance into its pair
// <d, D⁻¹>, where D⁻¹ is a full ν×ν matrix.
//
// What only a full matrix needs lives here: factorisation, outlines and bounds
// that leave most of it out, the variance within a speaker.
package eigenvoice
