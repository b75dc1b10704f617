package state

import (
	"cmp"
	"encoding"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
)

// Field is an item of a list that is not a plain number.
type Field struct {
	at   any // a pointer to the value
	code func(*coder)
}

// Struct stands for the fields of *p.
func Struct[T any](p *T, fields func(*T) []any) Field {
	return Field{p, func(c *coder) { c.all(fields(p)) }}
}

// Then stands for fields that can be listed only after those before it in the list are set. They belong
// to *at.
func Then(at any, fields func() []any) Field {
	return Field{at, func(c *coder) { c.all(fields()) }}
}

// Slice stands for the elements of *p. *p gets the length that was saved. New elements are zero values,
// which fields may initialise.
func Slice[T any](p *[]T, fields func(*T) []any) Field {
	return Field{p, func(c *coder) {
		n := len(*p)
		c.length(tagStructs, &n, 1)
		if c.err != nil {
			return
		}
		if !c.saving {
			*p = (*p)[:0]
		}
		// The slice grows with what is read: a false length takes no memory.
		for i := 0; i < n && c.err == nil; i++ {
			if !c.saving {
				var zero T
				*p = append(*p, zero)
			}
			c.all(fields(&(*p)[i]))
		}
	}}
}

// Map stands for the entries of *p. *p gets the entries that were saved. They are written in the order of
// their keys.
func Map[K cmp.Ordered, V any](p *map[K]V, fields func(*K, *V) []any) Field {
	return Field{p, func(c *coder) {
		n := len(*p)
		c.length(tagStructs, &n, 1)
		if c.err != nil {
			return
		}
		if c.saving {
			for _, k := range slices.Sorted(maps.Keys(*p)) {
				v := (*p)[k]
				c.all(fields(&k, &v))
			}
			return
		}
		*p = map[K]V{}
		for i := 0; i < n && c.err == nil; i++ {
			var k K
			var v V
			c.all(fields(&k, &v))
			(*p)[k] = v
		}
		if c.err == nil && len(*p) != n {
			c.fail("%d entries of %d have a key of their own", len(*p), n)
		}
	}}
}

// Optional stands for **p, which may be nil.
func Optional[T any](p **T, fields func(*T) []any) Field {
	return Field{p, func(c *coder) {
		there := *p != nil
		c.flag(tagOptional, &there)
		if c.err != nil {
			return
		}
		if !c.saving {
			*p = nil
			if there {
				*p = new(T)
			}
		}
		if there {
			c.all(fields(*p))
		}
	}}
}

// Value stands for a value with an encoding of its own.
func Value(v interface {
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}) Field {
	return Field{v, func(c *coder) {
		if c.saving {
			c.nested(v)
			return
		}
		var raw []byte
		bytes(c, tagValue, &raw)
		if c.err != nil {
			return
		}
		if err := v.UnmarshalBinary(raw); err != nil {
			c.err = fmt.Errorf("%w: %T: %w", ErrState, v, err)
		}
	}}
}

// nested appends v in place. The length before it is filled in afterwards.
func (c *coder) nested(v encoding.BinaryAppender) {
	n := 0
	c.length(tagValue, &n, 1)
	from := len(c.b)
	b, err := v.AppendBinary(c.b)
	if err != nil {
		c.fail("%w", err)
		return
	}
	c.b = b
	c.setLength(from)
}

// setLength puts in the length of what was written since from, whose place is before it.
func (c *coder) setLength(from int) {
	binary.LittleEndian.PutUint32(c.b[from-4:], uint32(len(c.b)-from))
}

// Addresses returns the values of the items of a list: pointers, and slices for their contents. Tests of
// lists use it.
func Addresses(fields []any) []any {
	out := make([]any, len(fields))
	for i, f := range fields {
		if s, ok := f.(Field); ok {
			f = s.at
		}
		out[i] = f
	}
	return out
}
