package heard

import (
	"fmt"
	"time"
)

// Budget is how many bytes of messages a stream may still be sent: at once what is said
// in a day, and in the long run a hundred times what anybody says. It is not for several
// goroutines at once.
type Budget struct {
	most, left float64
	at         time.Time
}

// DefaultBudget is what a Budget holds, in bytes, and budgetGrowth what is added in a
// second.
const (
	DefaultBudget = 16 << 20
	budgetGrowth  = 64 << 10
)

// NewBudget is a full budget of so many bytes; DefaultBudget if 0.
func NewBudget(now time.Time, bytes int) Budget {
	if bytes == 0 {
		bytes = DefaultBudget
	}
	return Budget{float64(bytes), float64(bytes), now}
}

// ErrTooMany is the refusal of more words than anybody speaks; it matches ErrRefused.
var ErrTooMany = fmt.Errorf("%w: more words than are spoken: send them more slowly", ErrRefused)

// Take spends n bytes; its error is ErrTooMany where they are not there.
func (b *Budget) Take(now time.Time, n int) error {
	b.left = min(b.most, b.left+budgetGrowth*now.Sub(b.at).Seconds())
	b.at = now
	if float64(n) > b.left {
		return ErrTooMany
	}
	b.left -= float64(n)
	return nil
}
