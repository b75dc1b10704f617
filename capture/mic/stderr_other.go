//go:build !unix

package mic

import "os"

// Stderr returns a copy of standard error, which works while calls into the sound system are kept from writing
// there. The caller closes it.
func Stderr() (*os.File, error) {
	return os.OpenFile("CONOUT$", os.O_WRONLY, 0)
}
