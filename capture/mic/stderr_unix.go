//go:build unix

package mic

import (
	"os"
	"syscall"
)

// Stderr returns a copy of standard error, which works while calls into the sound system are kept from writing
// there. The caller closes it.
func Stderr() (*os.File, error) {
	fd, err := syscall.Dup(int(os.Stderr.Fd()))
	if err != nil {
		return nil, os.NewSyscallError("dup", err)
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), os.Stderr.Name()), nil
}
