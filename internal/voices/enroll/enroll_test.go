package enroll

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func speaker(name string) Speaker {
	s := Speaker{Name: name, Enrolled: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Source: "ada.wav", Stats: model.Shape{Nu: 2}.NewStats()}
	s.Stats.N = 700
	copy(s.Stats.D, []float64{1, -2})
	copy(s.Stats.DInv, []float64{3, 0.1, 4})
	return s
}

// Two models that differ in nothing but a number.
func models() (a, b *eigenvoice.Model) {
	return &eigenvoice.Model{Nu: 2, Phi: 0.1}, &eigenvoice.Model{Nu: 2, Phi: 0.2}
}

func TestEncodeAndBack(t *testing.T) {
	m, other := models()
	want := speaker("Ada")
	data, err := Encode(want, m)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Decode(data, m); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v, expected %+v", got, err, want)
	}
	if got, err := Decode(data, other); !errors.Is(err, ErrOtherModel) || got.Name != "Ada" || got.Stats.D != nil {
		t.Errorf("another model's: %+v, %v", got, err)
	}
}

// FuzzDecode: what is decoded can be encoded to the same.
func FuzzDecode(f *testing.F) {
	m, _ := models()
	data, err := Encode(speaker("Ada"), m)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Decode(data, m)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrOtherModel) {
				t.Error(err)
			}
			return
		}
		again, err := Encode(s, m)
		if err != nil {
			return // a date that JSON does not have
		}
		if b, err := Decode(again, m); err != nil || !reflect.DeepEqual(b.Stats, s.Stats) || b.Name != s.Name {
			t.Errorf("%+v became %+v, %v", s, b, err)
		}
	})
}

func TestNames(t *testing.T) {
	for _, name := range []string{"Ada", "Änne Müller", "李"} {
		if err := CheckName(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", " Ada", "a\nb", "\xff", string(make([]rune, 65))} {
		if CheckName(name) == nil {
			t.Errorf("%q is taken for a name", name)
		}
	}
}

// TestStore enrols, lists, renames and deletes.
func TestStore(t *testing.T) {
	nc := natstest.New(t)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	kv, err := js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "voices"})
	if err != nil {
		t.Fatal(err)
	}
	m, other := models()
	s := NewStore(kv, m, nil)
	if err := s.Add(ctx, speaker("Änne Müller"), false); err != nil {
		t.Fatal(err)
	}
	if err := s.Add(ctx, speaker("Änne Müller"), false); !errors.Is(err, ErrExists) {
		t.Errorf("twice: %v", err)
	}
	if err := s.Add(ctx, speaker("Änne Müller"), true); err != nil {
		t.Error(err)
	}
	if err := NewStore(kv, other, nil).Add(ctx, speaker("Bo"), false); err != nil {
		t.Error(err)
	}
	if err := s.Rename(ctx, "Bo", "Änne Müller"); !errors.Is(err, ErrExists) {
		t.Errorf("a name that is taken: %v", err)
	}
	if err := s.Rename(ctx, "Bo", "Beau"); err != nil { // of another model, which does not matter
		t.Error(err)
	}
	all, err := s.List(ctx)
	if err != nil || len(all) != 2 {
		t.Fatalf("%+v, %v, expected two", all, err)
	}
	for _, e := range all {
		if e.Name != "Änne Müller" && (e.Name != "Beau" || !errors.Is(e.Err, ErrOtherModel)) {
			t.Errorf("%+v", e)
		}
	}
	for _, name := range []string{"Änne Müller", "Beau"} {
		if err := s.Delete(ctx, name); err != nil {
			t.Error(err)
		}
		if err := s.Delete(ctx, name); !errors.Is(err, ErrNobody) {
			t.Errorf("deleted twice: %v", err)
		}
	}
	if all, err := s.List(ctx); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v, expected nobody", all, err)
	}
}
