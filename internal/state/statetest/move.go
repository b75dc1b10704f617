package statetest

import "encoding"

// Movable is what has a state that can leave the process.
type Movable interface {
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// Move gives to the state of from, and fails t where that is refused.
func Move(t interface{ Fatalf(string, ...any) }, from, to Movable) {
	raw, err := from.AppendBinary(nil)
	if err == nil {
		err = to.UnmarshalBinary(raw)
	}
	if err != nil {
		t.Fatalf("%v", err)
	}
}
