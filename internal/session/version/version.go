// Package version names the program and its version.
package version

import (
	"cmp"
	"runtime/debug"
)

// Program is the program's name and version, as events name their publisher: "diarizer
// v1.2.0", or what the Go command knows of the commit, or "diarizer (devel)".
func Program() string { return "diarizer " + String() }

// String is the version alone.
func String() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(devel)"
	}
	return cmp.Or(info.Main.Version, "(devel)")
}
