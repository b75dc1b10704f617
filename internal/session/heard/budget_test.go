package heard

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

func TestBudget(t *testing.T) {
	now := time.Unix(0, 0)
	b := NewBudget(now, 100<<10)
	taken := 0
	for range 200 {
		if b.Take(now, 1<<10) == nil {
			taken++
		}
	}
	if taken != 100 {
		t.Errorf("%d KiB of 100 at once", taken)
	}
	now = now.Add(time.Second)
	if err := b.Take(now, budgetGrowth); err != nil {
		t.Errorf("a second later: %v", err)
	}
	if err := b.Take(now, 1); !errors.Is(err, ErrTooMany) || !errors.Is(err, ErrRefused) {
		t.Errorf("and one byte more: %v", err)
	}
	if err := b.Take(now.Add(time.Hour), 101<<10); !errors.Is(err, ErrTooMany) {
		t.Errorf("more than there ever is: %v", err)
	}
}

// A recogniser that sends more than anybody speaks is refused, and told so.
func TestServeKeepsToTheBudget(t *testing.T) {
	nc := natstest.New(t)
	taken := 0
	stop, err := Serve(nc, "s", func(m Message) (Reply, error) {
		taken++
		return Reply{Words: len(m.Words)}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	big := Message{}
	for range MaxWords {
		big.Words = append(big.Words, Word{Text: strings.Repeat("o", MaxText)})
	}
	refused := 0
	for range 2 * DefaultBudget / (MaxWords * MaxText) {
		switch _, err := Send(t.Context(), nc, "s", big); {
		case errors.Is(err, ErrRefused):
			refused++
		case err != nil:
			t.Fatal(err)
		}
	}
	if refused == 0 || taken == 0 {
		t.Errorf("%d messages taken, %d refused", taken, refused)
	}
}
