// Package embedding is the kind of model in which a network gives an utterance of
// n seconds a vector e, of length 1, and the two-covariance model makes a pair of
// it. With
//
//	e = μ + x + ε,  x ~ N(0, B) of the speaker,  ε ~ N(0, W(n)) of the utterance,
//
// a linear map P turns B into I and W(n) into a diagonal, w_i(n) = a_i + b_i/n: short
// utterances say less. p(e | y) is then a Gaussian in y = P x, and the pair is
//
//	D⁻¹ = φ diag(1 / w_i(n))    d = D⁻¹ P (e − μ)
//
// where φ < 1 stands for what the utterances of a recording share, line, room and
// mood, and the model calls independent. The comparison is the closed form of Jeon,
// Ma & Macho (ICASSP 2011) on a diagonal, so that it costs O(ν). The same pair is
// known as a Gaussian meta-embedding (Brümmer et al. 2018, arXiv 1802.09777).
package embedding
