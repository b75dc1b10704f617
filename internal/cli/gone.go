package cli

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/seed-7adb9000/diarizer/internal/cli/outfile"
)

// ReaderGone reports whether err is a write to standard output whose reader has closed the
// pipe, as head does. Broken pipes of connections and of named pipes are other errors.
func ReaderGone(err error) bool {
	var (
		path *fs.PathError
		file *outfile.Error
	)
	return errors.Is(err, syscall.EPIPE) &&
		(errors.As(err, &path) && path.Path == os.Stdout.Name() || errors.As(err, &file) && file.Path == outfile.Stdout)
}
