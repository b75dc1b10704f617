package simd

import "fmt"

// Path is an instruction set that the kernels are written for. The zero value is
// plain Go, which every machine can run.
type Path uint8

const (
	// Portable is plain Go.
	Portable Path = iota
	// AVX2 is for amd64 with AVX2 and FMA.
	AVX2
	// AVX512 is for amd64 with AVX-512 F.
	AVX512
	// NEON is for arm64.
	NEON
)

// String returns the path's name in lower case.
func (p Path) String() string {
	switch p {
	case Portable:
		return "portable"
	case AVX2:
		return "avx2"
	case AVX512:
		return "avx512"
	case NEON:
		return "neon"
	}
	return fmt.Sprintf("Path(%d)", uint8(p))
}

// Paths returns the paths that this machine can run, fastest first. The last one
// is Portable.
func Paths() []Path { return append(native(), Portable) }

// Best returns the fastest path that this machine can run.
func Best() Path { return Paths()[0] }
