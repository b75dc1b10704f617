package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// OneFile expects exactly one argument.
func OneFile(command, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("%s: %d files named: expected one %s", command, len(args), what)
		}
		return nil
	}
}

// SeveralError is the error for a file with several recordings of which none was chosen, or that has no
// recording of the wanted name.
type SeveralError struct {
	Path, Wanted string
	Names        []string
}

func (e *SeveralError) Error() string {
	names := e.Names
	if len(names) > 5 {
		names = append(slices.Clone(names[:5]), "…")
	}
	list := strings.Join(names, ", ")
	if e.Wanted != "" {
		return fmt.Sprintf("%s: no recording %q: expected one of %s", e.Path, e.Wanted, list)
	}
	return fmt.Sprintf("%s: %d recordings: choose one with --recording: %s", e.Path, len(e.Names), list)
}

// ReadRecording reads the turns of one recording from an RTTM file, and returns the name of the
// recording too. An empty name stands for the only recording of the file.
func ReadRecording(path, name string) ([]rttm.Segment, string, error) {
	segments, err := ReadLines(path)
	if err != nil {
		return nil, "", err
	}
	if len(segments) == 0 {
		return nil, "", InputError("%s: no SPEAKER line: nobody speaks", path)
	}
	var names []string
	for _, s := range segments {
		if !slices.Contains(names, s.File) {
			names = append(names, s.File)
		}
	}
	if name == "" && len(names) > 1 || name != "" && !slices.Contains(names, name) {
		return nil, "", As(ExitUsage, &SeveralError{path, name, names})
	}
	name = cmp.Or(name, names[0])
	return slices.DeleteFunc(segments, func(s rttm.Segment) bool { return s.File != name }), name, nil
}
