// Package segnet runs pyannote's segmentation-3.0, a network that says of every
// moment how many voices there are and which of up to three take turns (Plaquet and
// Bredin, arXiv:2310.13025), with the weights that pyannote published.
//
// Samples at 16 kHz go through SincNet, three convolutions that leave 60 numbers
// every 270 samples, then through four LSTM layers that run in both directions, and
// through three matrices. What comes out is a [Frame]: probabilities of seven
// classes.
//
// A [Network] is weights alone and can be shared. A [Runner] computes windows of sound
// as PyTorch does. A [Stream] computes sound without an end, with little delay. Each of
// both has the memory that running takes and belongs to one goroutine.
package segnet
