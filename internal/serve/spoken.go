package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/session/heard"
)

// lastWords is how long a run whose sound is over waits for recognisers that have
// begun and not ended, by the times at which JetStream stored the messages.
const lastWords = 10 * time.Second

// wordsNote is words of a recogniser in their place among the sound.
type wordsNote struct {
	ID      string        `json:"id,omitempty"` // for who waits for the answer
	Message heard.Message `json:"message"`
}

// encode is the note as JSON. It may be longer than what was sent, if that was written
// in an odd way.
func (n wordsNote) encode() (json.RawMessage, error) {
	data, err := json.Marshal(n)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", heard.ErrMalformed, err)
	}
	if most := heard.MaxSize + 1<<10; len(data) > most {
		return nil, fmt.Errorf("%w: %d bytes with everything escaped: expected at most %d", heard.ErrMalformed, len(data), most)
	}
	return data, nil
}

// attribute puts words that have a speaker, or another one, behind the event
// because of which they do.
func (f *follower) attribute(at int64, changes []event.Words) {
	for _, w := range changes {
		f.out = append(f.out, f.enc.Words(at, w))
	}
}

// words takes the words of a note. They are of the session's sound, and of its run,
// also where that had to be begun again. Those that come too late are left.
func (f *follower) words(ctx context.Context, m message) error {
	var note wordsNote
	if session := m.header[natsaudio.HeaderSession]; len(session) == 0 || session[0] != f.session || json.Unmarshal(m.data, &note) != nil {
		return nil
	}
	if f.closing() && m.stored.Sub(f.closed) >= lastWords {
		return f.finish(ctx, event.Finished, "")
	}
	note.Message.Run = ""
	changes, err := f.room.Hear(note.Message)
	reply := heard.Reply{Words: len(note.Message.Words)}
	if err == nil {
		err = f.desk.Add(func(_ *event.Encoder, at int64) ([]event.Event, error) {
			f.attribute(at, changes)
			return nil, nil
		})
	}
	if failed := f.deliver(ctx); failed != nil {
		return failed
	}
	if f.answerWords != nil {
		f.answerWords(note.ID, reply, err)
	}
	if f.closing() && !f.room.Waiting() {
		return f.finish(ctx, event.Finished, "")
	}
	return nil
}

// soundOver is called behind the last sound: it ends the run, or has it wait for the
// last words.
func (f *follower) soundOver(ctx context.Context) error {
	if !f.room.Waiting() {
		return f.finish(ctx, event.Finished, "")
	}
	if err := f.flush(ctx); err != nil {
		return err
	}
	f.closed = f.wall
	return nil
}

// closing reports whether the sound is over and words are waited for.
func (f *follower) closing() bool { return !f.closed.IsZero() }

// errEndedWords is the refusal of words for a run that is over.
var errEndedWords = fmt.Errorf("%w: %w", heard.ErrRefused, correct.ErrEnded)
