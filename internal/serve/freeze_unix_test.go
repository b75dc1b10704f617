//go:build unix

package serve

import "syscall"

// The signals that stop a process for a while.
const freeze, thaw = syscall.SIGSTOP, syscall.SIGCONT
