package main

import (
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
	"github.com/seed-7adb9000/diarizer/online/model/embedding"
)

// TestLivable has a machine that keeps up with the network and one that does not.
func TestLivable(t *testing.T) {
	m, err := cli.ReadModel(modelfile.Accurate)
	if err != nil {
		t.Fatal(err)
	}
	if p := pace(m); !(p > 0) {
		t.Errorf("pace %v", p)
	}
	if got, said, err := livable(m, leastPace); err != nil || got.Kind() != embedding.Kind || said != "" {
		t.Errorf("%s, %q, %v: expected the network, and nothing said", got.Kind(), said, err)
	}
	if got, said, err := livable(m, 1.5); err != nil || got.Kind() != eigenvoice.Kind || !strings.Contains(said, "1.5 times") {
		t.Errorf("%s, %q, %v: expected eigenvoices, and why", got.Kind(), said, err)
	}
}
