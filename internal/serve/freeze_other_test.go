//go:build !unix

package serve

import "syscall"

// No signal stops a process here. The two are equal to say so.
const freeze, thaw = syscall.Signal(0), syscall.Signal(0)
