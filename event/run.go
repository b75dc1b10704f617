package event

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"
)

// NewRun returns a new run id: the wall-clock time in milliseconds, so that
// ids sort as runs started if the clock is right, and 40 random bits. [Runs] tells
// which run is the latest whatever the clock says.
func NewRun(now time.Time) string {
	var random [5]byte
	_, _ = rand.Read(random[:]) // never fails, by its documentation
	return fmt.Sprintf("%012x-%s", now.UnixMilli(), hex.EncodeToString(random[:]))
}
