package net

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestFileRoundTrip(t *testing.T) {
	s := Shape{In: 3, Dense: 2, State: 2, Out: 1}
	w := View(s, make([]float32, s.Len()))
	for i := range w.Params {
		w.Params[i] = float32(i) - 7.25
	}
	want := Header{Step: 2, Delay: 5, Command: "by hand", Data: []string{"nothing"}, Losses: "0.1"}
	b, err := Append(nil, want, w)
	if err != nil {
		t.Fatal(err)
	}
	h, got, err := Read(b)
	if err != nil {
		t.Fatal(err)
	}
	if h.Command != want.Command || h.Delay != 5 || h.Shape != s || !slices.Equal(got.Params, w.Params) {
		t.Errorf("header %+v, parameters %v", h, got.Params)
	}
	for name, spoilt := range map[string][]byte{
		"short":      b[:len(b)-1],
		"no header":  []byte("nothing"),
		"not JSON":   []byte("nothing\n"),
		"format":     []byte(strings.Replace(string(b), Format, "something else", 1)),
		"no delay":   []byte(strings.Replace(string(b), `"Delay":5`, `"Delay":-5`, 1)),
		"not finite": append(slices.Clone(b[:len(b)-4]), 0, 0, 0x80, 0x7f),
	} {
		if _, _, err := Read(spoilt); !errors.Is(err, ErrFile) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Views cover the parameters without gap or overlap.
func TestViewCoversAll(t *testing.T) {
	s := Shape{In: 5, Dense: 4, State: 3, Out: 2}
	w := View(s, make([]float32, s.Len()))
	for _, part := range [][]float32{w.DenseW, w.DenseB, w.InW, w.RecW, w.GateB, w.CandB, w.OutW, w.OutB} {
		for i := range part {
			part[i]++
		}
	}
	if i := slices.IndexFunc(w.Params, func(v float32) bool { return v != 1 }); i >= 0 {
		t.Errorf("parameter %d is in %v views", i, w.Params[i])
	}
}

func TestTanh(t *testing.T) {
	for x := -12.0; x <= 12; x += 0.01 {
		if d := math.Abs(float64(Tanh(float32(x))) - math.Tanh(x)); d > 1e-4 {
			t.Fatalf("tanh %.2f is off by %.2g", x, d)
		}
	}
}

func TestDefaultSaysWhereItIsFrom(t *testing.T) {
	h, _, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(h.Command, "diarizer train-vad ") || len(h.Data) == 0 || h.Losses == "" {
		t.Errorf("header %+v, want a command, data and losses", h)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(defaultFile[:300])
	f.Add([]byte(`{"Format":"` + Format + `","Shape":{"In":1,"Dense":1,"State":1,"Out":1},"Step":1,"Delay":0}` + "\n" + strings.Repeat("\x00", 4*(2+6+4+2))))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, w, err := Read(b)
		switch {
		case err != nil && !errors.Is(err, ErrFile):
			t.Errorf("error %v does not match ErrFile", err)
		case err == nil && len(w.Params) != h.Shape.Len():
			t.Errorf("%d parameters of shape %+v", len(w.Params), h.Shape)
		}
	})
}
