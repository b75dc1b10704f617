//go:build amd64 || arm64

package simd

// cellNumbers is the numbers of cells.go in the order in which the kernels take them, eight
// times each.
var cellNumbers = [16][8]float32{
	{log2e, log2e, log2e, log2e, log2e, log2e, log2e, log2e},
	{whole, whole, whole, whole, whole, whole, whole, whole},
	{ln2Hi, ln2Hi, ln2Hi, ln2Hi, ln2Hi, ln2Hi, ln2Hi, ln2Hi},
	{ln2Lo, ln2Lo, ln2Lo, ln2Lo, ln2Lo, ln2Lo, ln2Lo, ln2Lo},
	{1. / 5040, 1. / 5040, 1. / 5040, 1. / 5040, 1. / 5040, 1. / 5040, 1. / 5040, 1. / 5040},
	{1. / 720, 1. / 720, 1. / 720, 1. / 720, 1. / 720, 1. / 720, 1. / 720, 1. / 720},
	{1. / 120, 1. / 120, 1. / 120, 1. / 120, 1. / 120, 1. / 120, 1. / 120, 1. / 120},
	{1. / 24, 1. / 24, 1. / 24, 1. / 24, 1. / 24, 1. / 24, 1. / 24, 1. / 24},
	{1. / 6, 1. / 6, 1. / 6, 1. / 6, 1. / 6, 1. / 6, 1. / 6, 1. / 6},
	{1. / 2, 1. / 2, 1. / 2, 1. / 2, 1. / 2, 1. / 2, 1. / 2, 1. / 2},
	{1, 1, 1, 1, 1, 1, 1, 1},
	{far, far, far, far, far, far, far, far},
	{-far, -far, -far, -far, -far, -far, -far, -far},
	{wide, wide, wide, wide, wide, wide, wide, wide},
	{-wide, -wide, -wide, -wide, -wide, -wide, -wide, -wide},
	{2, 2, 2, 2, 2, 2, 2, 2},
}
