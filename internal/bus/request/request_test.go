package request

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

var errBad = errors.New("bad request")

func TestDecode(t *testing.T) {
	type body struct {
		A string `json:"a"`
		N int    `json:"n"`
	}
	if got, err := Decode[body]([]byte(`{"a":"x","n":3}`), 20, errBad); err != nil || got != (body{"x", 3}) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := Decode[body]([]byte(`{"a":"x","n":30000}`), 10, errBad); !errors.Is(err, errBad) || !strings.Contains(err.Error(), "19 bytes: expected at most 10") || got != (body{}) {
		t.Errorf("too long: %+v, %v", got, err)
	}
	var syntax *json.SyntaxError
	if got, err := Decode[body]([]byte(`{"a":"x",`), 20, errBad); !errors.Is(err, errBad) || !errors.As(err, &syntax) || got != (body{}) {
		t.Errorf("cut short: %+v, %v", got, err)
	}
	if got, err := Decode[body]([]byte(`{"a":"x","n":"3"}`), 20, errBad); !errors.Is(err, errBad) || got != (body{}) {
		t.Errorf("a word for a number: %+v, %v", got, err)
	}
}
