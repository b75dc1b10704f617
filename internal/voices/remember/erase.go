package remember

import (
	"errors"
	"fmt"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
)

// Voice describes a voice that is kept, for people to read.
type Voice struct {
	Name string `json:"name"`
	// Seconds is the length of its speech. It is 0 if another model made the voice.
	Seconds  float64   `json:"seconds,omitempty"`
	Source   string    `json:"source"`
	Enrolled time.Time `json:"enrolled"`
	// Expires is when the voice is erased. Zero means never.
	Expires time.Time `json:"expires,omitzero"`
}

// Voices returns the voices that are kept, by name, one for each model.
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

// Erase erases all voices with a name, and cancels the wishes to keep a voice under the name. It
// returns a sentence that says what was erased, and that nothing of it is left. If there was
// nothing, the error matches [enroll.ErrNobody]. A meeting that goes on still recognises the people
// whom it has recognised.
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
