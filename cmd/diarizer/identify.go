package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/serve"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/internal/voices/remember"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicefile"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicekey"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// The values of --identify that are no path.
const (
	defaultVoices = "default"
	natsVoices    = "nats"
)

// voicesPath is the file that a value of --identify or of enroll --file stands for.
func voicesPath(value string) string {
	if value == defaultVoices {
		return filepath.Join(stateHome(), "diarizer", "voices.json")
	}
	return value
}

// identifyFlag registers --identify.
func identifyFlag(f *pflag.FlagSet, value *string) {
	f.StringVar(value, "identify", "", "call speakers by the names of known voices, and keep the voices of those who get a name, in this `file`, --identify=FILE (default diarizer/voices.json in the directory for state); with --identify=nats, those enrolled on the server, and none are kept")
	f.Lookup("identify").NoOptDefVal = defaultVoices
}

// recognition calls the speakers of a command by the names of known voices, for --identify.
// A nil recognition does nothing.
type recognition struct {
	file   *voicefile.File // as it was at the start, nil where no voice is kept
	model  model.Model
	people []enroll.Speaker
	key    *voicekey.Key    // of --voices-key, nil where there is none
	expire within           // of the voices that are kept
	keeper *remember.Keeper // where people are asked, nil where the voice of everybody with a name is kept

	mu    sync.Mutex
	heard map[string]map[int]model.Stats // by stream
	named map[string]map[event.Speaker]string
	into  map[string]map[event.Speaker]event.Speaker // the merges of each stream
	// learnt are the voices that the file has learnt of each stream, in this run and in the
	// runs that it goes on with.
	learnt map[string]map[event.Speaker]enroll.Speaker
	told   []string // of what the keeper has kept, or could not
}

// openVoices reads the voices of --identify, with the key of --voices-key.
func openVoices(value, keyPath string, m model.Model, stderr io.Writer) (*recognition, error) {
	key, err := keyOf(keyPath)
	if err != nil {
		return nil, err
	}
	r := &recognition{key: key, model: m, heard: map[string]map[int]model.Stats{}, named: map[string]map[event.Speaker]string{},
		into: map[string]map[event.Speaker]event.Speaker{}, learnt: map[string]map[event.Speaker]enroll.Speaker{}}
	switch value {
	case "":
		return nil, nil
	case natsVoices:
		return r, nil
	}
	file, err := voicefile.Open(voicesPath(value), m, key)
	if err != nil {
		return nil, as(exitInput, fmt.Errorf("--identify: %w", err))
	}
	sayExpired(stderr, file)
	r.file, r.people = file, file.Speakers()
	return r, nil
}

// ask reads the voices that are enrolled on the server, with --identify=nats.
func (r *recognition) ask(ctx context.Context, o *output, m model.Model) error {
	if r == nil || r.file != nil {
		return nil
	}
	if o.nc == nil || o.server != nil {
		return usage("--identify=nats: expected --nats with the server that has the enrolled speakers")
	}
	store, err := serve.Enrolled(ctx, o.nc, m, r.key, serve.StoreOptions{})
	if err != nil {
		return as(exitServer, fmt.Errorf("--identify: %w", err))
	}
	all, err := store.List(ctx)
	if err != nil {
		return as(exitServer, err)
	}
	var open []string
	for _, e := range all {
		switch {
		case e.Err == nil:
			r.people = append(r.people, e.Speaker)
		case errors.Is(e.Err, voicekey.ErrSealed), errors.Is(e.Err, voicekey.ErrOtherKey):
			return inputError("--identify=nats: %s: %w", e.Name, e.Err)
		case !errors.Is(e.Err, enroll.ErrOtherModel): // which is nothing wrong
			o.warn(fmt.Errorf("--identify=nats: %s: %w", e.Name, e.Err))
		}
		if !e.Sealed {
			open = append(open, e.Name)
		}
	}
	if r.key != nil && len(open) > 0 {
		o.warn(fmt.Errorf("on the server the voice of %s is not encrypted: diarizer enroll encrypt does it", some(open)))
	}
	return nil
}

// asked has people asked whose voices are to be kept: those of others are not.
func (r *recognition) asked(m model.Model, say func(format string, args ...any)) *remember.Keeper {
	if r == nil || r.file == nil {
		return nil
	}
	r.keeper = remember.New(r.file.Path(), m, r.key, func(text string) {
		r.mu.Lock()
		r.told = append(r.told, text)
		r.mu.Unlock()
		say("%s\n", text)
	})
	return r.keeper
}

// remember keeps the voice of somebody who was asked. What is done at once is said at the end
// too, what is put off is said when it is done.
func (r *recognition) remember(stream string, w remember.Wish) (said string, err error) {
	said, err = r.keeper.Keep(stream, w)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.heard[stream] != nil && err == nil {
		r.told = append(r.told, said)
	}
	return said, err
}

// attach makes a run compare its speakers with the voices.
func (r *recognition) attach(opts *session.Options) error {
	if r == nil {
		return nil
	}
	people := r.people
	if r.keeper != nil {
		var err error
		if people, err = r.keeper.Begin(opts.Stream, opts.Pipeline.Model); err != nil {
			return as(exitInput, fmt.Errorf("--identify: %w", err))
		}
		r.keeper.GoOn(opts.Stream, r.all(opts.Stream))
	}
	opts.Recall = &session.Recall{People: people, Learnt: statsOf(r.all(opts.Stream)), Heard: func(said map[int]model.Stats, who func(int) (int, string)) {
		r.mu.Lock()
		r.heard[opts.Stream] = said
		r.mu.Unlock()
		if r.keeper != nil {
			r.keeper.Heard(opts.Stream, said, who)
		}
	}}
	return nil
}

// over says that a run is over, heard to its end or not.
func (r *recognition) over(stream string) {
	if r != nil && r.keeper != nil {
		r.keeper.Ended(stream)
	}
}

// keep writes the voices of the speakers that got a name to the file. Where the page or the
// terminal asks for consent, it prints what was kept with it.
func (r *recognition) keep(say func(format string, args ...any)) error {
	if r == nil || r.file == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keeper != nil {
		for _, text := range r.told {
			say("%s\n", text)
		}
		return nil
	}
	if len(r.named) == 0 {
		return nil
	}
	file, err := voicefile.Open(r.file.Path(), r.model, r.key) // as it is now: others change it too
	if err != nil {
		return as(exitInput, fmt.Errorf("--identify: no voice of this meeting is kept: %w", err))
	}
	for _, name := range file.Expired() {
		say("%s\n", expired(file, name))
	}
	var kept, short []string
	var errs []error
	var learn []func() // of what is in the file once it is saved
	for _, stream := range slices.Sorted(maps.Keys(r.named)) {
		for _, who := range slices.Sorted(maps.Keys(r.named[stream])) {
			name := r.named[stream][who]
			stats := r.said(stream, who)
			before, again := r.learnt[stream][who]
			switch {
			case again && before.Name == name && !knows(file, name):
				say("the voice of %s was erased after it was kept, and is not kept again\n", name)
				continue
			case enroll.Check(stats) != nil && again:
				continue // the voice is known already
			case enroll.Check(stats) != nil:
				short = append(short, name)
				continue
			}
			now := time.Now()
			sp := enroll.Speaker{Name: name, Enrolled: now, Expires: r.expire.from(now), Source: "stream " + stream, Stats: stats}
			if err := file.Learn(sp); err != nil {
				errs = append(errs, err)
				continue
			}
			learn = append(learn, func() { r.learn(stream, who, sp) })
			kept = append(kept, name)
		}
	}
	if len(short) > 0 {
		say("too little was heard of %s to know the voice again\n", strings.Join(short, ", "))
	}
	if len(kept) > 0 {
		if err := file.Save(); err != nil {
			return as(exitOutput, errors.Join(append(errs, fmt.Errorf("--identify: %w", err))...))
		}
		for _, one := range learn {
			one()
		}
		until, with := "", ""
		if key := r.key.Path(); key != "" {
			with = " --voices-key=" + cli.Quoted(key)
		}
		if over := r.expire.from(time.Now()); !over.IsZero() {
			until = " until " + over.Format(time.DateOnly)
		}
		say("kept the voice of %s in %s%s, which is biometric data: diarizer enroll delete --file=%s%s NAME removes it\n", strings.Join(kept, ", "), file.Path(), until, cli.Quoted(file.Path()), with)
	}
	return errors.Join(errs...)
}
