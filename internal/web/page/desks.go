package page

import (
	"context"
	"fmt"
	"sync"

	"github.com/seed-7adb9000/diarizer/internal/session/correct"
)

// Desks finds the desk of a stream that this process diarizes. The zero value is ready. Its
// methods may be called from any goroutine.
type Desks struct {
	mu    sync.Mutex
	desks map[string]*correct.Desk
}

// Add adds the desk of a stream's new run, in the place of the desk before.
func (d *Desks) Add(stream string, desk *correct.Desk) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.desks == nil {
		d.desks = map[string]*correct.Desk{}
	}
	d.desks[stream] = desk
}

// Correct is a [Correct] for these desks.
func (d *Desks) Correct(_ context.Context, stream string, c correct.Correction) (correct.Reply, error) {
	d.mu.Lock()
	desk := d.desks[stream]
	d.mu.Unlock()
	if desk == nil {
		return correct.Reply{}, fmt.Errorf("stream %s: %w", stream, correct.ErrNobody)
	}
	return desk.Correct(c)
}
