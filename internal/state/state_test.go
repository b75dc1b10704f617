package state_test

import (
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/internal/state"
	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
)

type inner struct {
	A int64
	B []uint16
}

func (i *inner) fields() []any { return []any{&i.A, &i.B} }

type outer struct {
	Flag  bool
	N     int
	U     uint64
	X     float64
	Y     float32
	Name  string
	Ring  []float64
	Half  []float32
	Grow  []float64
	Thin  []float32
	List  []inner
	There *inner
	Box   inner
	Names map[string]inner
}

func (o *outer) fields() []any {
	return []any{&o.Flag, &o.N, &o.U, &o.X, &o.Y, &o.Name, o.Ring, o.Half, &o.Grow, &o.Thin,
		state.Slice(&o.List, (*inner).fields), state.Optional(&o.There, (*inner).fields), state.Struct(&o.Box, (*inner).fields),
		state.Map(&o.Names, func(k *string, v *inner) []any { return append([]any{k}, v.fields()...) })}
}

func empty() *outer { return &outer{Ring: make([]float64, 3), Half: make([]float32, 2)} }

func some() *outer {
	o := empty()
	o.Flag, o.N, o.U, o.X, o.Y, o.Name = true, -5, 1<<63, 0.1, -0.2, "name"
	o.Ring[1], o.Half[0], o.Grow, o.Thin = 7, 8, []float64{1, 2, 3, 4}, []float32{5}
	o.List = []inner{{A: 1, B: []uint16{2, 3}}, {A: 4}}
	o.There, o.Box = &inner{A: -1}, inner{A: 9, B: []uint16{1}}
	o.Names = map[string]inner{"y": {A: 3}, "x": {A: 2, B: []uint16{7}}}
	return o
}

func TestRoundTrip(t *testing.T) {
	for _, o := range []*outer{empty(), some()} {
		statetest.Covers(t, o, o.fields())
		for _, into := range []*outer{empty(), some()} { // what was there leaves no trace
			if err := state.Restore(state.Append(nil, o.fields()...), into.fields()...); err != nil {
				t.Fatal(err)
			}
			again := state.Append(nil, into.fields()...)
			if !reflect.DeepEqual(again, state.Append(nil, o.fields()...)) {
				t.Errorf("%+v came back as %+v", o, into)
			}
		}
	}
}

// TestOtherLists: a state that another list has written is refused.
func TestOtherLists(t *testing.T) {
	o := some()
	raw := state.Append(nil, o.fields()...)
	short := empty()
	short.Ring = short.Ring[:2]
	for name, list := range map[string][]any{
		"a field less":  o.fields()[1:],
		"a field more":  append(o.fields(), &o.N),
		"another order": append([]any{&o.N, &o.Flag}, o.fields()[2:]...),
		"another size":  short.fields(),
	} {
		if err := state.Restore(raw, list...); !errors.Is(err, state.ErrState) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestKeyTwice: a map with a key twice is refused.
func TestKeyTwice(t *testing.T) {
	pairs := []inner{{A: 1}, {A: 1}}
	raw := state.Append(nil, state.Slice(&pairs, (*inner).fields))
	m := map[int64]inner{}
	list := state.Map(&m, func(k *int64, v *inner) []any { return []any{k, &v.B} })
	if err := state.Restore(raw, list); !errors.Is(err, state.ErrState) {
		t.Errorf("%v, %v", m, err)
	}
	raw = state.Append(nil, state.Map(&map[int64]inner{1: {}, 2: {}}, func(k *int64, v *inner) []any { return []any{k, &v.B} }))
	if err := state.Restore(raw, list); err != nil || len(m) != 2 {
		t.Errorf("%v, %v", m, err)
	}
}

func TestCutShort(t *testing.T) {
	raw := state.Append(nil, some().fields()...)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, len(raw)-1).Draw(t, "length")
		if err := state.Restore(raw[:n], empty().fields()...); !errors.Is(err, state.ErrState) {
			t.Fatalf("%d of %d bytes: %v", n, len(raw), err)
		}
	})
}

func FuzzRestore(f *testing.F) {
	f.Add(state.Append(nil, empty().fields()...))
	f.Add(state.Append(nil, some().fields()...))
	f.Fuzz(func(t *testing.T, b []byte) {
		o := empty()
		if err := state.Restore(b, o.fields()...); err != nil {
			if !errors.Is(err, state.ErrState) {
				t.Error(err)
			}
			return
		}
		if again := state.Append(nil, o.fields()...); len(again) != len(b) {
			t.Errorf("%d bytes became %d", len(b), len(again))
		}
	})
}
