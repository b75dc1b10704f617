//go:build !unix

package natsd

import "os"

// ownedByUser is true where each user has a directory for temporary files.
func ownedByUser(os.FileInfo) bool { return true }
