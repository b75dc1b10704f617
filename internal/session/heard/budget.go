package heard

import (
	"fmt"
	"time"
)

// Budget is how many bytes of messages a stream may still be sent. A full budget holds what
// is said in a day; it grows a hundred times as fast as anybody speaks. Its methods must
// not be called at the same time.
type Budget struct {
	most, left float64
	at         time.Time
}

// DefaultBudget is the size of a full Budget, in bytes, and budgetGrowth how many bytes a
// Budget grows in a second.
const (
	DefaultBudget = 16 << 20
	budgetGrowth  = 64 << 10
)

// NewBudget returns a full budget of so many bytes; DefaultBudget if bytes is 0.
func NewBudget(now time.Time, bytes int) Budget {
	if bytes == 0 {
		bytes = DefaultBudget
	}
	return Budget{float64(bytes), float64(bytes), now}
}

// ErrTooMany is the refusal of more words than anybody speaks. It matches ErrRefused.
var ErrTooMany = fmt.Errorf("%w: more words than are spoken: send them more slowly", ErrRefused)

// Take spends n bytes. If fewer are left, nothing is spent and the error is ErrTooMany.
func (b *Budget) Take(now time.Time, n int) error {
	b.left = min(b.most, b.left+budgetGrowth*now.Sub(b.at).Seconds())
	b.at = now
	if float64(n) > b.left {
		return ErrTooMany
	}
	b.left -= float64(n)
	return nil
}
