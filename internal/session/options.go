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

// Options say where a run's events go.
type Options struct {
	// Stream is the stream's id, a valid token of a NATS subject.
	Stream string
	// Source describes what is listened to. Model and Program are filled in where
	// they are empty.
	Source event.Source
	// Pipeline says how the stream is diarized.
	Pipeline pipeline.Config
	// NATS, where not nil, is where events are published.
	NATS *nats.Conn
	// Publishing says how.
	Publishing Publishing
	// OnPublishError hears of what delays the publishing, from another
	// goroutine.
	OnPublishError func(error)
	// OnEvent, where not nil, is handed every event. Its error ends the run.
	OnEvent func(event.Event) error
	// OnProgress, where not nil, is told how far the stream has been heard, in
	// samples.
	OnProgress func(at int64)
	// OnDesk, where not nil, is handed the desk that takes corrections of the
	// run, before its first event. With NATS, corrections arrive there too.
	OnDesk func(*correct.Desk)
	// Diarize, where not nil, does what [pipeline.Run] does, in another way. Recall and
	// Keep are nil then.
	Diarize func(ctx context.Context, src capture.Source, cfg pipeline.Config, sink func(pipeline.Output) error) error
	// Called, where not nil, is the name of a speaker that is known beforehand, by the
	// speaker's number, or empty.
	Called func(speaker int) string
	// Recall, where not nil, has speakers called by the names of voices that are
	// known.
	Recall *Recall
	// Keep, where not nil, has the run kept, so that another one can go on with it.
	Keep *Keep
	// OnWords, where not nil, is handed what takes the words that recognisers hear
	// of the run, before its first event; from any goroutine. With NATS, words
	// arrive there too.
	OnWords func(hear func(heard.Message) (heard.Reply, error))
	// OnPartial, where not nil, is handed words that may still change, from any
	// goroutine.
	OnPartial func(stream string, m heard.Message)
	// WordsWithin bounds the wait for the last words of recognisers at the end; 10 s
	// if 0. Where no recogniser has begun there is no wait.
	WordsWithin time.Duration
	// OnMeter, where not nil, is handed the readings of the meter, from another
	// goroutine. With NATS, they are sent there too.
	OnMeter func(meter.Reading)
}

// Publishing says how the events of a run are published.
type Publishing struct {
	// Journal is the directory of the journal that keeps events until the
	// server has them, or empty for none.
	Journal string
	// Stream says how to create the JetStream stream if it is absent.
	Stream publish.StreamOptions
	// Within bounds the wait for the server's acknowledgements at the end; 30 s
	// if 0, 10 s with a journal, where what is left is kept.
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
