package main

import (
	"strings"
	"testing"
)

// Every module that the program is made of has a licence, and none of another kind
// than those that were looked at: all let the program be handed on as it is.
func TestEveryModuleHasALicence(t *testing.T) {
	var b strings.Builder
	if err := print(&b, "github.com/seed-7adb9000/diarizer/cmd/diarizer"); err != nil {
		t.Fatal(err)
	}
	for _, m := range []string{"github.com/nats-io/nats.go", "github.com/coder/websocket", "github.com/BurntSushi/toml",
		"the Go standard library, LICENSE", "Copyright 2009 The Go Authors",
		"github.com/inconshreveable/mousetrap", // on Windows only
		"campplus/weights, NOTICE", "segnet/weights, LICENSE", "internal/cli/demo, NOTICE"} {
		if !strings.Contains(b.String(), m) {
			t.Errorf("%s is not among them", m)
		}
	}
	for _, no := range []string{"GNU GENERAL PUBLIC LICENSE", "GNU AFFERO", "GNU LESSER", "Business Source License"} {
		if strings.Contains(b.String(), no) {
			t.Errorf("%s is among them", no)
		}
	}
}
