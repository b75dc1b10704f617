package eigenvoice

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

func anyModel() *Model {
	m := randomModel(rand.New(rand.NewPCG(5, 5)), 3, 2, 2, 1)
	m.FeatureMean = []float64{1, 2}
	return m
}

// TestFingerprint holds that every exported field of a model changes it.
func TestFingerprint(t *testing.T) {
	base := anyModel()
	v := reflect.ValueOf(base).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		other := anyModel()
		if other.Fingerprint() != base.Fingerprint() {
			t.Fatal("two equal models have different fingerprints")
		}
		other = anyModel()
		switch f := reflect.ValueOf(other).Elem().Field(i); f.Kind() {
		case reflect.Slice:
			f.Index(f.Len() - 1).SetFloat(f.Index(f.Len()-1).Float() + 1e-9)
		case reflect.Float64:
			f.SetFloat(f.Float() + 1e-9)
		case reflect.Int:
			f.SetInt(f.Int() + 1)
		case reflect.Bool:
			f.SetBool(!f.Bool())
		case reflect.Struct:
			f.Field(0).SetInt(f.Field(0).Int() + 1)
		default:
			t.Fatalf("field %s of kind %s: no change known", field.Name, f.Kind())
		}
		if other.Fingerprint() == base.Fingerprint() {
			t.Errorf("another %s leaves the fingerprint", field.Name)
		}
	}
}
