package correct

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDecode(t *testing.T) {
	got, err := Decode([]byte(`{"action":"rename","speaker":"S2","name":" Ann-Marie ","new_field":1}`))
	if want := (Correction{Action: Rename, Speaker: 2, Name: "Ann-Marie"}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, bad := range []string{"", "{}", "null", "[]", `{"action":"guess","speaker":"S1"}`, `{"action":"split"}`, `{"action":"give"}`, `{"action":"give","turns":[1,1]}`, `{"action":"give","turns":[0],"into":"S1"}`, `{"action":"give","turns":[1],"into":"S0"}`, `{"action":"rename","name":"x"}`,
		`{"action":"rename","speaker":"unknown","name":"x"}`, `{"action":"merge","speaker":"S1"}`,
		`{"action":"merge","speaker":"S1","into":"S1"}`, `{"action":"merge","speaker":"S1","into":"Bob"}`,
		`{"action":"undo","run":"a.b"}`, `{"action":"undo","id":"` + strings.Repeat("x", 65) + `"}`,
		`{"action":"rename","speaker":"S1","name":"` + strings.Repeat("x", MaxName+1) + `"}`,
		`{"action":"rename","speaker":"S1","name":"a\u0000b"}`, `{"action":"rename","speaker":"S1","name":"a\nb"}`,
		`{"action":"rename","speaker":"S1","name":"\u202e"}`,
		`{"action":"undo"` + strings.Repeat(" ", MaxSize) + `}`} {
		if c, err := Decode([]byte(bad)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%.60s: %+v, %v", bad, c, err)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%q is more than one line", err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"action":"rename","speaker":"S2","name":"Ann","run":"r","id":"1"}`))
	f.Add([]byte(`{"action":"merge","speaker":"S2","into":"S1"}`))
	f.Add([]byte(`{"action":"undo"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Decode(data)
		if err != nil {
			return
		}
		if utf8.RuneCountInString(c.Name) > MaxName || strings.ContainsFunc(c.Name, unicode.IsControl) {
			t.Errorf("name %q", c.Name)
		}
		again, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := Decode(again); err != nil || !reflect.DeepEqual(back, c) {
			t.Errorf("%s became %+v, %v", again, back, err)
		}
	})
}

func TestCorrectionsOverNATS(t *testing.T) {
	ctx := context.Background()
	nc := natstest.New(t)
	ada := Correction{Action: Rename, Speaker: 1, Name: "Ada"}
	if _, err := Request(ctx, nc, "s", ada); !errors.Is(err, ErrNobody) {
		t.Errorf("with nobody there: %v", err)
	}
	d, tl, _ := spoken(t)
	stop, err := Serve(nc, "s", d)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := Request(ctx, nc, "s", ada)
	if err != nil || reply.Seq != tl.Seq() {
		t.Errorf("reply %+v, %v", reply, err)
	}
	expect(t, tl, "Ada", "S2", "Ada")
	if _, err := Request(ctx, nc, "s", Correction{Action: Rename, Speaker: 7, Name: "x"}); !errors.Is(err, ErrRefused) ||
		!strings.Contains(err.Error(), "S7 is not a speaker") {
		t.Errorf("refused: %v", err)
	}
	if _, err := Request(ctx, nc, "s", Correction{Action: "guess"}); !errors.Is(err, ErrMalformed) {
		t.Errorf("malformed here: %v", err)
	}
	msg, err := nc.Request(Subject("s"), []byte("{"), requestWithin)
	if err != nil || !strings.Contains(string(msg.Data), "malformed correction") {
		t.Errorf("malformed there: %s, %v", msg.Data, err)
	}
	stop()
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	if _, err := Request(ctx, nc, "s", ada); !errors.Is(err, ErrNobody) {
		t.Errorf("after the end: %v", err)
	}
}

// A process that does not answer a correction is asked again with the same ID. If no
// process is there any more, the caller is told so in the end.
func TestAskedAgain(t *testing.T) {
	nc := natstest.New(t)
	heard := make(chan Correction, 10)
	sub, err := nc.Subscribe(Subject("s"), func(m *nats.Msg) {
		c, err := Decode(m.Data)
		heard <- c
		if len(heard) > 1 {
			Answer(m, Reply{Seq: 7}, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := Request(t.Context(), nc, "s", Correction{Action: Undo})
	if err != nil || reply.Seq != 7 {
		t.Errorf("%+v, %v", reply, err)
	}
	if first, second := <-heard, <-heard; !reflect.DeepEqual(first, second) || first.ID == "" {
		t.Errorf("asked %+v, then %+v", first, second)
	}
	if err := sub.Unsubscribe(); err != nil {
		t.Fatal(err)
	}
	over, err := nc.Subscribe(Subject("s"), func(m *nats.Msg) { Answer(m, Reply{}, ErrNobody) })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Request(t.Context(), nc, "s", Correction{Action: Undo}); !errors.Is(err, ErrNobody) {
		t.Errorf("%v", err)
	}
	if err := over.Unsubscribe(); err != nil {
		t.Fatal(err)
	}
}
