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

// lastWords is how long a run whose sound is over waits for the last words of recognisers, by
// the storing times of the messages.
const lastWords = 10 * time.Second

// wordsNote is a message of a recogniser at its place among the sound.
type wordsNote struct {
	ID      string        `json:"id,omitempty"` // of the request, for its answer
	Message heard.Message `json:"message"`
}

// encode is the note as JSON. It can be longer than the message that was sent, as JSON can be
// written in more than one way.
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

// attribute adds the words that an event has given a speaker, or another speaker, behind that
// event.
func (f *follower) attribute(at int64, changes []event.Words) {
	for _, w := range changes {
		f.out = append(f.out, f.enc.Words(at, w))
	}
}

// words applies a note of words. The words belong to the session's sound and to its run, even
// if the run was begun again. Words that come too late are not used: the run that waited for
// them ends.
func (f *follower) words(ctx context.Context, m message) error {
	var note wordsNote
	if session := m.header[natsaudio.HeaderSession]; len(session) == 0 || session[0] != f.session || json.Unmarshal(m.data, &note) != nil {
		return nil
	}
	if f.closing() && m.stored.Sub(f.closed) >= lastWords {
		return f.finish(ctx, event.Finished, "")
	}
	note.Message.Run = ""
	changes, taken, err := f.room.Hear(note.Message)
	reply := heard.Reply{Words: taken}
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

// soundOver is called after the last sound. It ends the run, or lets it wait for the last
// words.
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

// closing reports whether the sound is over and the run waits for words.
func (f *follower) closing() bool { return !f.closed.IsZero() }

// errEndedWords is the error for words of a run that is over.
var errEndedWords = fmt.Errorf("%w: %w", heard.ErrRefused, correct.ErrEnded)
