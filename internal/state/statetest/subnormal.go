package statetest

import (
	"fmt"
	"math"
	"reflect"
)

// Subnormal returns the path of the first subnormal number in *p or in what it
// points to, such as "front.hp.y1", or "" where there is none. Processors are up
// to a hundred times slower with those numbers, and running averages and filters
// fall into them in silence.
func Subnormal[T any](p *T) string {
	w := walk{seen: map[uintptr]bool{}}
	w.value(reflect.ValueOf(p).Elem(), "")
	return w.found
}

// walk looks through values for a subnormal number.
type walk struct {
	seen  map[uintptr]bool // pointers that were followed
	found string
}

func (w *walk) value(v reflect.Value, path string) {
	if w.found != "" {
		return
	}
	switch v.Kind() {
	case reflect.Float32:
		if x := math.Abs(v.Float()); x > 0 && x < 0x1p-126 {
			w.found = path
		}
	case reflect.Float64:
		if x := math.Abs(v.Float()); x > 0 && x < 0x1p-1022 {
			w.found = path
		}
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() || v.Kind() == reflect.Pointer && w.seen[v.Pointer()] {
			return
		}
		if v.Kind() == reflect.Pointer {
			w.seen[v.Pointer()] = true
		}
		w.value(v.Elem(), path)
	case reflect.Struct:
		for i := range v.NumField() {
			w.value(v.Field(i), path+"."+v.Type().Field(i).Name)
		}
	case reflect.Slice, reflect.Array:
		switch v.Type().Elem().Kind() {
		case reflect.Bool, reflect.String, reflect.Int, reflect.Int64, reflect.Uint8, reflect.Uint16, reflect.Uint64:
			return
		}
		for i := range v.Len() {
			w.value(v.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	}
}
