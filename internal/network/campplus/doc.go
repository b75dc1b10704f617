// Package campplus runs CAM++, a network that turns an utterance into numbers that
// tell voices apart (Wang et al., arXiv:2303.00332), with the weights that
// 3D-Speaker published.
//
// Features, 80 log mel energies every 10 ms, go through a two-dimensional head
// (8 bands of frequency become one) and a stack of densely connected layers at half
// the rate, each gated by the mean of its surroundings. What comes out is a [Trunk] of
// 512 numbers every 20 ms. An embedding is a matrix times the mean and standard deviation
// over a stretch of the trunk.
//
// A [Network] is weights alone and can be shared. A [Runner] has the memory that
// running takes and belongs to one goroutine.
package campplus
