package version

import (
	"strings"
	"testing"
)

func TestProgramIsANameAndAVersion(t *testing.T) {
	name, version, found := strings.Cut(Program(), " ")
	if !found || name != "diarizer" || version == "" || strings.ContainsAny(version, " \n") {
		t.Errorf("%q: expected a name and a version", Program())
	}
}
