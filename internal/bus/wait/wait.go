// Package wait waits for some time or for the end of a context.
package wait

import (
	"context"
	"time"
)

// Sleep waits for d or until ctx is done. It reports whether it waited for all of d.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
