package session

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/session/heard"
	"github.com/seed-7adb9000/diarizer/internal/session/meter"
	"github.com/seed-7adb9000/diarizer/publish"
)

// Options say how a stream is diarized and where the events of the run go.
type Options struct {
	// Stream is the stream's id, a valid token of a NATS subject.
	Stream string
	// Source describes the sound. Model and Program are filled in where they are empty.
	Source event.Source
	// Pipeline says how the stream is diarized.
	Pipeline pipeline.Config
	// NATS, where not nil, is the connection that publishes the events.
	NATS *nats.Conn
	// Publishing says how the events are published.
	Publishing Publishing
	// OnPublishError is handed each error that delays the publishing, from another
	// goroutine.
	OnPublishError func(error)
	// OnEvent, where not nil, is handed every event. Its error ends the run.
	OnEvent func(event.Event) error
	// OnProgress, where not nil, is told how far the stream has been heard, in
	// samples.
	OnProgress func(at int64)
	// OnDesk, where not nil, is handed the desk that takes corrections of the run,
	// before the run's first event. With NATS, corrections from NATS go to the same desk.
	OnDesk func(*correct.Desk)
	// Diarize, if not nil, is called in place of [pipeline.Run]. Recall is nil then. With Keep,
	// Diarize writes its states to Before of the outputs, and itself begins with the state of
	// Keep.From.
	Diarize func(ctx context.Context, src capture.Source, cfg pipeline.Config, sink func(pipeline.Output) error) error
	// Streams is how many streams Diarize makes of the sound where it makes several, see
	// [pipeline.Links.Parts].
	Streams int
	// Called, where not nil, returns the name that is known beforehand for a speaker's
	// number, or nothing.
	Called func(speaker int) string
	// Recall, where not nil, lists known voices: speakers are called by their names.
	Recall *Recall
	// Keep, where not nil, says where snapshots of the run are kept, so that a later run
	// can go on with it.
	Keep *Keep
	// OnWords, where not nil, is handed a function before the run's first event. Call that
	// function, from any goroutine, with the words of recognisers. With NATS, words from
	// NATS join them.
	OnWords func(hear func(heard.Message) (heard.Reply, error))
	// OnPartial, where not nil, is handed words that may still change, from any
	// goroutine.
	OnPartial func(stream string, m heard.Message)
	// WordsWithin bounds the wait for the last words of recognisers at the end; 10 s if 0.
	// Without a recogniser there is no wait.
	WordsWithin time.Duration
	// OnMeter, where not nil, is handed the readings of the meter, from another
	// goroutine. With NATS, the readings are published too.
	OnMeter func(meter.Reading)
}

// Publishing says how the events of a run are published.
type Publishing struct {
	// Journal is the directory of the journal, which keeps events until the server has
	// them. Empty is no journal.
	Journal string
	// Stream says how to create the JetStream stream if it is missing.
	Stream publish.StreamOptions
	// Within bounds the wait for the server's acknowledgements at the end. 0 is 30 s, or
	// 10 s with a journal, which keeps the events that are left.
	Within time.Duration
}

func (p Publishing) within() time.Duration {
	switch {
	case p.Within > 0:
		return p.Within
	case p.Journal != "":
		return 10 * time.Second
	}
	return 30 * time.Second
}
