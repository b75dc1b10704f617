package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/mic"
	"github.com/seed-7adb9000/diarizer/internal/session/saved"
	"github.com/seed-7adb9000/diarizer/internal/session/tracks"
)

// patience is how long microphones wait for one of them that yields no sound.
const patience = 3 * time.Second

// ears are the microphones that are listened to, as one source from [ears.begin] on.
type ears struct {
	capture.Source
	mics   []*mic.Mic
	room   *tracks.Room // where there are several
	names  []string     // of who is at each
	name   string       // of all
	origin time.Time    // of the first sample
}

// openEars opens microphones at once, as each takes a while, and names who is at them
// after the devices where names has nobody.
func openEars(ctx context.Context, host mic.Host, opts []mic.Options, names []string) (*ears, error) {
	e := &ears{mics: make([]*mic.Mic, len(opts)), names: names}
	errs := make([]error, len(opts))
	var g sync.WaitGroup
	for i, o := range opts {
		g.Go(func() { e.mics[i], errs[i] = mic.Open(ctx, host, o) })
	}
	g.Wait()
	if err := errors.Join(errs...); err != nil {
		e.mics = slices.DeleteFunc(e.mics, func(m *mic.Mic) bool { return m == nil })
		return nil, errors.Join(err, e.abandon())
	}
	e.origin = e.mics[0].Origin()
	for _, m := range e.mics[1:] {
		if m.Origin().Before(e.origin) {
			e.origin = m.Origin()
		}
	}
	if len(e.mics) == 1 {
		e.name = e.mics[0].Device().Name
		return e, nil
	}
	if len(e.names) == 0 {
		e.names = e.calledAfterDevices()
	}
	e.name = strings.Join(e.names, ", ")
	return e, nil
}

// places are the microphones, where there are several.
func (e *ears) places() (all []saved.Place) {
	if len(e.mics) == 1 {
		return nil
	}
	for i, m := range e.mics {
		all = append(all, saved.Place{Name: e.names[i], Device: m.Device().Name})
	}
	return all
}

// begin makes one source of the microphones, whose sound begins at a position of the stream.
// Several are kept every so many samples, and go on with the state of a session, where from is
// not nil. Closing the source closes them; where begin fails they are closed.
func (e *ears) begin(at, every int64, from *saved.Session) error {
	if len(e.mics) == 1 {
		e.Source = &shifted{e.mics[0], at}
		return nil
	}
	inputs := make([]tracks.Input, len(e.mics))
	for i, m := range e.mics {
		inputs[i] = tracks.Input{Name: e.names[i], Source: m,
			Shift: at + int64(m.Origin().Sub(e.origin).Seconds()*capture.Rate+0.5)}
	}
	e.room = tracks.NewRoom(inputs, patience)
	e.Source = e.room
	e.room.Keep(every)
	if from == nil {
		return nil
	}
	if err := e.room.GoOn(from.Snapshot.Chain, at); err != nil {
		return errors.Join(inputError("--resume %s: %w", from.Stream, err), e.room.Close())
	}
	return nil
}

// abandon closes microphones of which no source was made.
func (e *ears) abandon() error {
	var err error
	for _, m := range e.mics {
		err = errors.Join(err, m.Close())
	}
	return err
}

// calledAfterDevices are the devices' names, told apart where one is there twice.
func (e *ears) calledAfterDevices() (names []string) {
	seen := map[string]int{}
	for _, m := range e.mics {
		name := m.Device().Name
		if seen[name]++; seen[name] > 1 {
			name = fmt.Sprintf("%s (%d)", name, seen[name])
		}
		names = append(names, name)
	}
	return names
}

// tell says what becomes of the microphones until they are closed.
func (e *ears) tell(out *output) *sync.WaitGroup {
	var said sync.WaitGroup
	for _, m := range e.mics {
		said.Go(func() { tellNotices(m, out) })
	}
	return &said
}

// sum says what was lost, and what was told once, when all is over.
func (e *ears) sum(out *output) {
	for _, m := range e.mics {
		if n := m.Overflow(); n > 0 {
			out.warn(fmt.Errorf("microphone %q: %v of sound were lost because the program could not keep up", m.Device().Name, capture.Duration(n)))
		}
		if n := m.Replaced(); n > 0 {
			out.warn(fmt.Errorf("microphone %q: %d samples were no numbers, silence was taken for them", m.Device().Name, n))
		}
	}
	if e.room == nil {
		return
	}
	for i, d := range e.room.Late() {
		if d > 0 {
			out.warn(fmt.Errorf("%s: %v of sound came more than %v after that of the others and were lost", e.names[i], d.Round(time.Millisecond), patience))
		}
	}
	out.sayLeaked(e.room, e.names)
}

// tellNotices prints what becomes of a microphone until it is closed: of attempts
// that fail for the same reason only the first.
func tellNotices(m *mic.Mic, out *output) {
	before := ""
	for n := range m.Notices() {
		if n.Kind == mic.Failed {
			if n.Err.Error() == before {
				continue
			}
			before = n.Err.Error()
		} else {
			before = ""
		}
		out.warn(errors.New(n.String()))
	}
}
