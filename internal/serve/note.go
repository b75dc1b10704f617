package serve

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
)

// headerNote is the header of a note: a message among a stream's sound that is not sound. A
// note holds input that the sound does not decide, such as a correction. It takes effect at
// its place among the sound, so that an owner that reads the sound again comes to the same
// events. The header's value is the kind.
const headerNote = "Diarizer-Note"

// The kinds of notes.
const (
	noteCorrection = "correction" // JSON of a correct.Correction with ID and Run
	noteIdentity   = "identity"   // JSON of an identity
	noteWords      = "words"      // JSON of a wordsNote
)

// identity says that a speaker is recognised by name. An empty name takes the recognition
// back.
type identity struct {
	Run        string  `json:"run"`
	Speaker    int     `json:"speaker"`
	Name       string  `json:"name"`
	Confidence float64 `json:"confidence"`
}

// sound reports whether the probability is valid. It is 0 without a name.
func (id identity) sound() bool {
	if id.Name == "" {
		return id.Confidence == 0
	}
	return id.Confidence > 0 && id.Confidence <= 1
}

// putNote stores a note behind the last message of sound of a stream.
func (s *shared) putNote(ctx context.Context, stream, session, kind string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("note for stream %s: %w", stream, err)
	}
	msg := nats.NewMsg(natsaudio.Subject(stream))
	msg.Header.Set(headerNote, kind)
	msg.Header.Set(natsaudio.HeaderSession, session)
	msg.Data = data
	ctx, cancel := context.WithTimeout(ctx, ackWithin)
	defer cancel()
	if _, err := s.js.PublishMsg(ctx, msg, jetstream.WithMsgID(session+":"+rand.Text())); err != nil {
		return fmt.Errorf("note for stream %s: %w", stream, err)
	}
	return nil
}

// noted applies a note. It ignores a note that does not fit the run, as every owner of the
// stream does.
func (f *follower) noted(ctx context.Context, kind string, m message) error {
	if f.enc.Seq == 0 {
		return nil
	}
	if session := m.header[natsaudio.HeaderSession]; !f.closing() && len(session) > 0 && session[0] == f.session {
		f.took = m.number
	}
	data := m.data
	f.desk.Heard(f.stream.At())
	switch kind {
	case noteCorrection:
		return f.correct(ctx, data)
	case noteIdentity:
		var id identity
		if json.Unmarshal(data, &id) != nil || id.Run != f.enc.Run || !id.sound() || !f.desk.Known(id.Speaker) {
			return nil
		}
		if err := f.desk.Identify(f.stream.At(), id.Speaker, id.Name, id.Confidence); err != nil {
			return err
		}
		return f.deliver(ctx)
	case noteWords:
		return f.words(ctx, m)
	}
	return nil
}

// correct applies a correction and sends the answer once its events are published.
func (f *follower) correct(ctx context.Context, data []byte) error {
	c, err := correct.Decode(data)
	var reply correct.Reply
	if err == nil {
		reply, err = f.desk.Correct(c)
	}
	if failed := f.deliver(ctx); failed != nil {
		return failed
	}
	if f.answer != nil {
		f.answer(c.ID, reply, err)
	}
	return nil
}
