// Package remember keeps the voices of those who have said yes to it, while a meeting goes
// on or after it, in a file of voices, and tells and erases what is kept there.
package remember

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicefile"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicekey"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// ErrRefused is matched by the errors of what cannot be remembered as things are.
var ErrRefused = errors.New("the voice is not kept")

// kept is how many meetings that are over can still have voices kept: people give names
// when a meeting has ended. What was heard in them is in memory only.
const kept = 16

// Wish is somebody's yes.
type Wish struct {
	Speaker event.Speaker
	Name    string
	Expires time.Time
}

// Keeper takes wishes. Its methods may be called from any goroutine. Make it with [New].
type Keeper struct {
	path string
	m    model.Model
	key  *voicekey.Key
	say  func(string)

	mu       sync.Mutex
	meetings map[string]*meeting // by stream
	over     []string            // streams, the latest last
	whenKept func(stream string) // nil if nobody is to know
}

// meeting is what is known of a stream's run.
type meeting struct {
	m      model.Model
	wishes map[event.Speaker]Wish
	heard  map[int]model.Stats // nil while it goes on
	learnt map[event.Speaker]enroll.Speaker
	before map[event.Speaker]enroll.Speaker // what earlier runs have learnt
}

// New returns a Keeper for a file and its key, which may be nil. m is the model of wishes that name
// no model. say is called with what was kept at the end of a meeting, or could not be kept.
func New(path string, m model.Model, key *voicekey.Key, say func(string)) *Keeper {
	return &Keeper{path: path, m: m, key: key, say: say, meetings: map[string]*meeting{}}
}

// Begin says that a stream begins, and returns those whom its model knows.
func (k *Keeper) Begin(stream string, m model.Model) ([]enroll.Speaker, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forget(stream)
	f, err := k.open(m)
	if err != nil {
		return nil, err
	}
	k.meetings[stream] = &meeting{m: m, wishes: map[event.Speaker]Wish{}, learnt: map[event.Speaker]enroll.Speaker{}}
	return f.Speakers(), nil
}

// GoOn says what was kept of the speakers of a stream before it began again, if it goes on.
func (k *Keeper) GoOn(stream string, before map[event.Speaker]enroll.Speaker) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if t := k.meetings[stream]; t != nil {
		t.before = before
	}
}

// WhenKept has f called after voices of a stream were kept. f may call the Keeper.
func (k *Keeper) WhenKept(f func(stream string)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.whenKept = f
}

// told calls the function of WhenKept. The caller does not hold the lock.
func (k *Keeper) told(stream string) {
	k.mu.Lock()
	f := k.whenKept
	k.mu.Unlock()
	if f != nil {
		f(stream)
	}
}

// Heard says that a stream is over and what everybody said in it: wishes are fulfilled. who
// returns who a speaker turned out to be, and the name, empty if nobody ever gave one. A yes is
// for one name: the voice of somebody who has another name by then is not kept.
func (k *Keeper) Heard(stream string, said map[int]model.Stats, who func(speaker int) (person int, name string)) {
	if k.fulfil(stream, said, who) {
		k.told(stream)
	}
}

// fulfil fulfils the wishes of a stream, and reports whether anything was kept.
func (k *Keeper) fulfil(stream string, said map[int]model.Stats, who func(speaker int) (person int, name string)) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	t := k.meetings[stream]
	if t == nil {
		return false
	}
	t.heard = said
	k.over = append(k.over, stream)
	if len(k.over) > kept {
		k.forget(k.over[0])
	}
	for _, speaker := range slices.Sorted(maps.Keys(t.wishes)) {
		w := t.wishes[speaker]
		person, name := who(int(speaker))
		w.Speaker = event.Speaker(person)
		same := name == w.Name || name == ""
		if before, done := t.learnt[w.Speaker]; done && same && before.Name == w.Name {
			continue // the same person said yes as another speaker
		}
		text, err := "", error(nil)
		if same {
			text, err = k.keep(stream, t, w)
		} else {
			err = fmt.Errorf("%w: the yes was for %s, who turned out to be %s: ask again", ErrRefused, w.Name, name)
		}
		if err != nil {
			text = err.Error()
		}
		k.say(text)
	}
	clear(t.wishes)
	return len(t.learnt) > 0
}

// Ended says that a stream is over of which nothing is known: nothing can be kept.
func (k *Keeper) Ended(stream string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if t := k.meetings[stream]; t != nil && t.heard == nil {
		k.forget(stream)
	}
}

// forget forgets a stream.
func (k *Keeper) forget(stream string) {
	delete(k.meetings, stream)
	k.over = slices.DeleteFunc(k.over, func(s string) bool { return s == stream })
}

// Keep keeps a voice of a stream, now or at its end, and says which. The errors of what
// cannot be match [ErrRefused].
func (k *Keeper) Keep(stream string, w Wish) (said string, err error) {
	if err := enroll.CheckName(w.Name); err != nil {
		return "", fmt.Errorf("%w: %w", ErrRefused, err)
	}
	said, now, err := k.wish(stream, w)
	if now {
		k.told(stream)
	}
	return said, err
}

// wish fulfils a wish if the stream is over. Otherwise it keeps the wish. now reports whether it
// kept a voice.
func (k *Keeper) wish(stream string, w Wish) (said string, now bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	t := k.meetings[stream]
	switch {
	case t == nil:
		return "", false, fmt.Errorf("%w: nothing is known of the voices of %s any more, of which this program was not the one that listened, or not lately", ErrRefused, stream)
	case t.heard != nil:
		said, err = k.keep(stream, t, w)
		return said, err == nil, err
	}
	t.wishes[w.Speaker] = w
	return fmt.Sprintf("the voice of %s will be kept when the meeting has ended", w.Name), false, nil
}

// Learnt returns what was kept of the speakers of a stream in this run and before, and the model
// that made it. ok is false if nothing is known of the stream any more.
func (k *Keeper) Learnt(stream string) (all map[event.Speaker]enroll.Speaker, m model.Model, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	t := k.meetings[stream]
	if t == nil {
		return nil, m, false
	}
	all = maps.Clone(t.learnt)
	for who, sp := range t.before {
		if now, again := all[who]; again {
			sum := now.Stats.Clone()
			sum.Add(sp.Stats)
			sp, sp.Stats = now, sum
		}
		all[who] = sp
	}
	return all, t.m, true
}

// keep keeps what was heard.
func (k *Keeper) keep(stream string, t *meeting, w Wish) (string, error) {
	stats, ok := t.heard[int(w.Speaker)]
	if !ok {
		return "", fmt.Errorf("%w: nothing of %s, %s, is left alone: correct who is who first", ErrRefused, w.Name, w.Speaker)
	}
	if err := enroll.Check(stats); err != nil {
		return "", fmt.Errorf("%w: %s: %w", ErrRefused, w.Name, err)
	}
	sp := enroll.Speaker{Name: w.Name, Enrolled: time.Now(), Expires: w.Expires, Source: "stream " + stream, Stats: stats}
	f, err := k.open(t.m)
	if err == nil {
		err = f.Learn(sp)
	}
	if err == nil {
		err = f.Save()
	}
	if err != nil {
		return "", fmt.Errorf("the voice of %s cannot be kept: %w", w.Name, err)
	}
	// What was heard once is not to be learnt twice.
	delete(t.heard, int(w.Speaker))
	t.learnt[w.Speaker] = sp
	with := ""
	if path := k.key.Path(); path != "" {
		with = fmt.Sprintf(" --voices-key=%q", path)
	}
	return fmt.Sprintf("the voice of %s is kept in %s until %s; diarizer enroll delete --file=%q%s %q erases it", w.Name, k.path, w.Expires.Format(time.DateOnly), k.path, with, w.Name), nil
}

// open reads the file as it is now: other programs change it too.
func (k *Keeper) open(m model.Model) (*voicefile.File, error) {
	f, err := voicefile.Open(k.path, m, k.key)
	if err == nil && len(f.Expired()) > 0 {
		k.say(fmt.Sprintf("the time of the voice of %s was over: it is erased", strings.Join(f.Expired(), ", ")))
	}
	return f, err
}
