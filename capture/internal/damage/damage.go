// Package damage spoils recordings for tests, in the ways that cards, cables,
// recorders and people do.
package damage

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Kind is one way to spoil a file.
type Kind struct {
	Name  string
	Apply func(good []byte) []byte // does not change good
}

// Kinds are the same each time. A file should have at least 256 bytes.
func Kinds() []Kind {
	var ks []Kind
	add := func(name string, f func(b []byte) []byte) {
		ks = append(ks, Kind{name, func(good []byte) []byte { return f(slices.Clone(good)) }})
	}
	for _, n := range []int{0, 1, 4, 11, 12, 20, 30, 36, 42, 44, 45, 60, 100} {
		add(fmt.Sprintf("cut after %d", n), func(b []byte) []byte { return b[:n] })
	}
	for _, part := range []int{4, 2} {
		add(fmt.Sprintf("first 1/%d", part), func(b []byte) []byte { return b[:len(b)/part] })
	}
	for _, n := range []int{1, 2, 7} {
		add(fmt.Sprintf("last %d missing", n), func(b []byte) []byte { return b[:len(b)-n] })
	}
	for _, at := range []int{0, 4, 8, 16, 20, 22, 24, 28, 32, 34, 36, 40, 50} {
		add(fmt.Sprintf("byte %d inverted", at), func(b []byte) []byte { b[at] ^= 0xFF; return b })
	}
	fill := func(name string, from, to func(n int) int, values func() func() byte) {
		add(name, func(b []byte) []byte {
			v := values()
			for i := from(len(b)); i < to(len(b)); i++ {
				b[i] = v()
			}
			return b
		})
	}
	at := func(i int) func(int) int { return func(int) int { return i } }
	mid := func(d int) func(int) int { return func(n int) int { return n/2 + d } }
	end := func(n int) int { return n }
	always := func(v byte) func() func() byte { return func() func() byte { return func() byte { return v } } }
	zero, full := always(0), always(0xFF)
	fill("header zeroed", at(0), at(44), zero)
	fill("format zeroed", at(12), at(36), zero)
	fill("size zeroed", at(4), at(8), zero)
	fill("middle zeroed", mid(-60), mid(60), zero)
	fill("all after the magic zeroed", at(12), end, zero)
	fill("last half zeroed", mid(0), end, zero)
	fill("size all ones", at(4), at(8), full)
	fill("format all ones", at(16), at(36), full)
	fill("data size all ones", at(40), at(44), full)
	fill("middle all ones", mid(-60), mid(60), full)
	fill("all after the magic all ones", at(12), end, full)
	noise := func() func() byte { // kinds may be applied side by side
		rng := rand.New(rand.NewPCG(1, 2))
		return func() byte { return byte(rng.Uint32()) }
	}
	fill("noise after the magic", at(4), end, noise)
	fill("noise in the middle", mid(-60), mid(60), noise)
	fill("noise only", at(0), end, noise)
	junk := []byte("What is this doing here? \x00\xFF\xF8\x10")
	add("junk before", func(b []byte) []byte { return append(slices.Clone(junk), b...) })
	add("junk in the middle", func(b []byte) []byte { return slices.Insert(b, len(b)/2, junk...) })
	add("junk after", func(b []byte) []byte { return append(b, junk...) })
	add("byte lost in the header", func(b []byte) []byte { return slices.Delete(b, 21, 22) })
	add("byte lost in the middle", func(b []byte) []byte { return slices.Delete(b, len(b)/2, len(b)/2+1) })
	add("halves swapped", func(b []byte) []byte { return append(slices.Clone(b[len(b)/2:]), b[:len(b)/2]...) })
	add("twice over", func(b []byte) []byte { return append(b, b...) })
	return ks
}
