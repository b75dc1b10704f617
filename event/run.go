package event

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"
)

// NewRun returns a new run id: the wall-clock time in milliseconds, so that
// ids sort as runs started, and 40 random bits.
func NewRun(now time.Time) string {
	var random [5]byte
	_, _ = rand.Read(random[:]) // never fails, by its documentation
	return fmt.Sprintf("%012x-%s", now.UnixMilli(), hex.EncodeToString(random[:]))
}
