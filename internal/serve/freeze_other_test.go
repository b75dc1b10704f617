//go:build !unix

package serve

import "syscall"

// No signals stop a process here: alike, they say so.
const freeze, thaw = syscall.Signal(0), syscall.Signal(0)
