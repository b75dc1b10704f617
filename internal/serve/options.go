package serve

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/voices/identify"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicekey"
)

// Options say how a Worker works. Pipeline is needed.
type Options struct {
	// Pipeline is how streams are diarized; the same in all workers.
	Pipeline pipeline.Config
	// Limit is the largest number of streams, more than 0.
	Limit int
	// Cost is the share of a core that a stream takes, as it was measured.
	Cost float64
	// Checkpoint is how much sound lies between two checkpoints of a stream,
	// which has to be read again when its worker dies; 10 s if 0.
	Checkpoint time.Duration
	// Idle ends a stream of which nothing came for so long; 1 min if 0.
	Idle time.Duration
	// Beat is the distance of heartbeats, 500 ms if 0; a worker that is silent
	// for Dead, 2.5 s if 0, is replaced.
	Beat, Dead time.Duration
	// Store says how JetStream keeps what the workers share.
	Store StoreOptions
	// Identify, where not nil, says whether the speakers of a stream are compared
	// with the enrolled ones although nobody asked for it.
	Identify func(stream string) bool
	// Naming is the rule by which they are compared; that of the model's kind if it
	// is the zero value.
	Naming identify.Rule
	// VoicesKey, where not nil, reads those of the enrolled who are encrypted.
	VoicesKey *voicekey.Key
	// Log hears what happens.
	Log *slog.Logger

	wordBytes int // of a stream's words at once; see heard.Budget
}

// The defaults of Options.
const (
	DefaultCheckpoint = 10 * time.Second
	DefaultIdle       = time.Minute
	DefaultBeat       = 500 * time.Millisecond
	DefaultDead       = 2500 * time.Millisecond
)

func (o Options) withDefaults() (Options, error) {
	set := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	set(&o.Checkpoint, DefaultCheckpoint)
	set(&o.Idle, DefaultIdle)
	set(&o.Beat, DefaultBeat)
	set(&o.Dead, DefaultDead)
	if o.Naming == (identify.Rule{}) && o.Pipeline.Model != nil {
		o.Naming = identify.RuleOf(o.Pipeline.Model)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	switch {
	case o.Limit < 1:
		return o, fmt.Errorf("limit of %d streams: expected 1 or more", o.Limit)
	case o.Checkpoint < time.Second:
		return o, fmt.Errorf("checkpoints every %v: expected 1s or more", o.Checkpoint)
	case o.Idle < time.Second:
		return o, fmt.Errorf("idle after %v: expected 1s or more", o.Idle)
	case o.Dead < 3*o.Beat:
		return o, fmt.Errorf("dead after %v with heartbeats every %v: expected three heartbeats or more", o.Dead, o.Beat)
	}
	return o, nil
}
