package statetest

import "encoding"

// Movable is a value whose state can leave the process.
type Movable interface {
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// Move restores to with the state of from. It fails t if to refuses the state.
func Move(t interface{ Fatalf(string, ...any) }, from, to Movable) {
	raw, err := from.AppendBinary(nil)
	if err == nil {
		err = to.UnmarshalBinary(raw)
	}
	if err != nil {
		t.Fatalf("%v", err)
	}
}
