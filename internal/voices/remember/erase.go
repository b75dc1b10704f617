package remember

import (
	"errors"
	"fmt"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
)

// Voice is a voice that is kept, as people read of it.
type Voice struct {
	Name string `json:"name"`
	// Seconds is how much speech it is of, 0 where another model made it.
	Seconds  float64   `json:"seconds,omitempty"`
	Source   string    `json:"source"`
	Enrolled time.Time `json:"enrolled"`
	// Expires is when it is erased, zero for never.
	Expires time.Time `json:"expires,omitzero"`
}

// Voices are those that are kept, by name: one of each model.
func (k *Keeper) Voices() ([]Voice, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f, err := k.open(k.m)
	if err != nil {
		return nil, err
	}
	all := []Voice{}
	for _, e := range f.List() {
		all = append(all, Voice{Name: e.Name, Seconds: e.Stats.N / 100, Source: e.Source, Enrolled: e.Enrolled, Expires: e.Expires})
	}
	return all, nil
}

// Erase erases all voices of that name, takes back what was wished to be kept under it, and says
// what it was and that nothing is left of it. The error matches [enroll.ErrNobody] where
// there is nothing of that name. A meeting that goes on still knows those whom it has known.
func (k *Keeper) Erase(name string) (said string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	wished := 0
	for _, t := range k.meetings {
		for who, w := range t.wishes {
			if w.Name == name {
				wished++
				delete(t.wishes, who)
			}
		}
	}
	f, err := k.open(k.m)
	if err != nil {
		return "", err
	}
	erased, err := f.Erase(name)
	switch {
	case errors.Is(err, enroll.ErrNobody) && wished > 0:
		return fmt.Sprintf("the voice of %s is not kept when the meeting has ended", name), nil
	case errors.Is(err, enroll.ErrNobody):
		return "", fmt.Errorf("%q: %w", name, enroll.ErrNobody)
	case err != nil:
		return "", err
	}
	return fmt.Sprintf("what was kept of %s's voice is erased: %v", name, erased), nil
}
