package correct

import (
	"fmt"

	"github.com/seed-7adb9000/diarizer/event"
)

// Add emits events that do not come from the clustering, in the order in which add returns
// them. add is handed the encoder and how far the stream has been heard, in samples. It
// must not call the desk. After the end of the stream add is not called, and the error
// matches [ErrRefused].
func (d *Desk) Add(add func(enc *event.Encoder, at int64) ([]event.Event, error)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended {
		return fmt.Errorf("%w: %w", ErrRefused, ErrEnded)
	}
	events, err := add(d.opts.Encoder, d.at)
	if err != nil {
		return err
	}
	for _, e := range events {
		if err := d.opts.Emit(e); err != nil {
			return err
		}
	}
	return nil
}
