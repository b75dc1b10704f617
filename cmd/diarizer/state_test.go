package main

import (
	"fmt"
	"os"
	"testing"
)

// Tests have a directory for state of their own, and no settings of the user.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	dir, err := os.MkdirTemp("", "diarizer-state-")
	if err == nil {
		err = os.Setenv("XDG_STATE_HOME", dir)
	}
	if err == nil { // the settings of the user are not for the tests
		err = os.Setenv("DIARIZER_CONFIG", "off")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// asProgram makes the test binary the program itself.
const asProgram = "DIARIZER_TEST_AS_PROGRAM"
