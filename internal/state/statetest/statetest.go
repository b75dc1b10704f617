// Package statetest checks the lists of fields that package state takes against their structs.
package statetest

import (
	"reflect"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/state"
)

// Covers fails t unless every field of *p is in list or named in derived. Derived fields are constant,
// scratch, or made again from the others. It also fails if derived names a field that does not exist or
// that is in the list.
func Covers[T any](t *testing.T, p *T, list []any, derived ...string) {
	t.Helper()
	known := make(map[uintptr]bool)
	for _, a := range state.Addresses(list) {
		v := reflect.ValueOf(a)
		known[v.Pointer()] = true // of a slice, its first element
	}
	delete(known, 0) // nil
	left := make(map[string]bool)
	for _, name := range derived {
		left[name] = true
	}
	v := reflect.ValueOf(p).Elem()
	for i := range v.NumField() {
		name, f := v.Type().Field(i).Name, v.Field(i)
		listed := known[f.Addr().Pointer()] && f.Type().Size() > 0
		switch f.Kind() {
		case reflect.Slice:
			listed = listed || f.Len() > 0 && known[f.Pointer()]
		case reflect.Pointer:
			listed = listed || known[f.Pointer()]
		case reflect.Interface:
			listed = listed || f.Elem().Kind() == reflect.Pointer && known[f.Elem().Pointer()]
		}
		switch {
		case listed && left[name]:
			t.Errorf("%s.%s is in the list of its state and said to be derived", v.Type(), name)
		case !listed && !left[name]:
			t.Errorf("%s.%s is missing in the list of its state: add it there, or name it as derived in this test", v.Type(), name)
		}
		delete(left, name)
	}
	for name := range left {
		t.Errorf("%s has no field %s", v.Type(), name)
	}
}
