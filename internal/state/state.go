// Package state writes the state of a running value and reads it back. A stream takes its state along
// when it moves to another process.
//
// A type lists the fields that its future depends on, once, for both
// directions. The list holds, in any order that stays the same,
//
//   - pointers to numbers, booleans, strings and slices of numbers or bytes, which get
//     the length that was saved;
//   - slices of numbers themselves, which must have the length that was saved,
//     such as rings and the contents of arrays;
//   - the results of [Struct], [Slice], [Optional], [Value] and [Then];
//   - those of [Halves] and [Rows], which make numbers shorter that are like their
//     neighbours.
//
// Every item is written with a tag of its type, so that reading an old state with a changed list is an
// error. Package statetest checks that a list leaves out no field. Derived and scratch values are not in
// the list and are made again.
package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// ErrState is matched by every error about a state that cannot be restored.
var ErrState = errors.New("state cannot be restored")

// Append appends the values of fields to b.
func Append(b []byte, fields ...any) []byte {
	c := coder{saving: true, b: b}
	c.all(fields)
	return c.b
}

// Restore sets fields to the values in b, which must hold exactly those. After an error, which matches
// [ErrState], some fields are set and others not.
func Restore(b []byte, fields ...any) error {
	c := coder{b: b}
	c.all(fields)
	if c.err == nil && len(c.b) > 0 {
		c.fail("%d bytes too many", len(c.b))
	}
	return c.err
}

// coder goes over a list in one of the two directions.
type coder struct {
	saving bool
	b      []byte // written so far, or left to read
	err    error
}

func (c *coder) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("%w: "+format, append([]any{ErrState}, args...)...)
	}
}

func (c *coder) all(fields []any) {
	for _, f := range fields {
		if c.err != nil {
			return
		}
		c.one(f)
	}
}

// The tags.
const (
	tagBool = iota + 'a'
	tagInt
	tagUint
	tagFloat64
	tagFloat32
	tagString
	tagFloat64s
	tagFloat32s
	tagUint16s
	tagStructs
	tagOptional
	tagValue
	tagHalves
	tagRows
)

func (c *coder) one(f any) {
	switch p := f.(type) {
	case *bool:
		c.flag(tagBool, p)
	case *int:
		v := uint64(*p)
		c.number(tagInt, &v, 8)
		*p = int(int64(v))
	case *int64:
		v := uint64(*p)
		c.number(tagInt, &v, 8)
		*p = int64(v)
	case *uint64:
		c.number(tagUint, p, 8)
	case *float64:
		v := math.Float64bits(*p)
		c.number(tagFloat64, &v, 8)
		*p = math.Float64frombits(v)
	case *float32:
		v := uint64(math.Float32bits(*p))
		c.number(tagFloat32, &v, 4)
		*p = math.Float32frombits(uint32(v))
	case *string:
		bytes(c, tagString, p)
	case *[]byte:
		bytes(c, tagString, p)
		if !c.saving && c.err == nil {
			*p = append([]byte(nil), *p...) // b belongs to the caller
		}
	case []float64:
		list(c, tagFloat64s, &p, true, 8, putFloat64, getFloat64)
	case *[]float64:
		list(c, tagFloat64s, p, false, 8, putFloat64, getFloat64)
	case []float32:
		list(c, tagFloat32s, &p, true, 4, putFloat32, getFloat32)
	case *[]float32:
		list(c, tagFloat32s, p, false, 4, putFloat32, getFloat32)
	case *[]uint16:
		list(c, tagUint16s, p, false, 2, binary.LittleEndian.AppendUint16, binary.LittleEndian.Uint16)
	case Field:
		p.code(c)
	default:
		// A mistake in a list, which the first test of its package finds.
		panic(fmt.Sprintf("state: no way to keep a %T", f))
	}
}

func putFloat64(b []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
}

func getFloat64(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }

func putFloat32(b []byte, v float32) []byte {
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
}

func getFloat32(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }

func (c *coder) flag(tag byte, p *bool) {
	v := uint64(0)
	if *p {
		v = 1
	}
	c.number(tag, &v, 1)
	*p = v != 0
}

// number codes the low size bytes of v.
func (c *coder) number(tag byte, v *uint64, size int) {
	var raw [8]byte
	if c.saving {
		binary.LittleEndian.PutUint64(raw[:], *v)
		c.b = append(append(c.b, tag), raw[:size]...)
		return
	}
	copy(raw[:], c.take(tag, size))
	if c.err == nil {
		*v = binary.LittleEndian.Uint64(raw[:])
	}
}

// take returns the next n bytes, which follow a tag; nil after an error.
func (c *coder) take(tag byte, n int) []byte {
	switch {
	case c.err != nil:
		return nil
	case len(c.b) == 0 || len(c.b)-1 < n:
		c.fail("it ends too early")
		return nil
	case c.b[0] != tag:
		c.fail("expected %q, found %q: it was made by another version", tag, c.b[0])
		return nil
	}
	v := c.b[1 : 1+n]
	c.b = c.b[1+n:]
	return v
}

// length codes the number of elements. Each has at least size bytes, which bounds a false length.
func (c *coder) length(tag byte, n *int, size int) {
	v := uint64(*n)
	c.number(tag, &v, 4)
	if c.err == nil && !c.saving && v > uint64(len(c.b)/size) {
		c.fail("a length of %d with %d bytes left", v, len(c.b))
	}
	*n = int(v)
}

func list[T any](c *coder, tag byte, p *[]T, fixed bool, size int, put func([]byte, T) []byte, get func([]byte) T) {
	n := len(*p)
	c.length(tag, &n, size)
	switch {
	case c.err != nil:
	case c.saving:
		c.b = slices.Grow(c.b, n*size)
		for _, v := range *p {
			c.b = put(c.b, v)
		}
	case fixed && n != len(*p):
		c.fail("%d values, expected %d", n, len(*p))
	default:
		if !fixed {
			*p = resized(*p, n)
		}
		for i := range *p {
			(*p)[i] = get(c.b[i*size:])
		}
		c.b = c.b[n*size:]
	}
}

// resized returns s with n elements. It is nil if s is nil and n is 0.
func resized[T any](s []T, n int) []T {
	if n <= cap(s) {
		return s[:n]
	}
	return make([]T, n)
}

func bytes[T string | []byte](c *coder, tag byte, p *T) {
	n := len(*p)
	c.length(tag, &n, 1)
	switch {
	case c.err != nil:
	case c.saving:
		c.b = append(c.b, *p...)
	default:
		*p = T(c.b[:n:n])
		c.b = c.b[n:]
	}
}
