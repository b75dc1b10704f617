// Package simd has the few kernels that a convolutional network in 32-bit
// floating point spends its time in: a convolution as a matrix product ([Conv]),
// scale, shift and rectify ([ScaleShift]), sums of columns ([Sum]), pooled magnitudes ([Peaks])
// and the cells of an LSTM ([Cells]).
//
// Each exists for several instruction sets ([Path]) and in plain Go. On one path,
// every number is the same ordered sum whatever the number of rows in a call and
// wherever the slices lie in memory. Paths differ by rounding: some fuse
// multiplication and addition.
package simd
