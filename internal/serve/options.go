package serve

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/voices/identify"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicekey"
)

// Options are the settings of a Worker. Pipeline is required.
type Options struct {
	// Pipeline is the configuration of the pipeline. It has to be the same in all workers.
	Pipeline pipeline.Config
	// Limit is the largest number of streams, more than 0.
	Limit int
	// Cost is the measured share of a core that a stream takes.
	Cost float64
	// Checkpoint is how much sound lies between two checkpoints of a stream, 10 s if 0.
	// That much sound has to be read again when a worker dies.
	Checkpoint time.Duration
	// Idle is how long a stream may be without sound before its run ends, 1 min if 0.
	Idle time.Duration
	// Beat is the time between two heartbeats, 500 ms if 0. A worker that is silent for
	// Dead, 2.5 s if 0, is replaced.
	Beat, Dead time.Duration
	// Store are the settings of the JetStream stream and the buckets that the workers share.
	Store StoreOptions
	// Identify, if not nil, says whether the speakers of a stream are compared with the
	// enrolled ones without a request.
	Identify func(stream string) bool
	// Naming is the rule of the comparison. The zero value is the rule of the model's kind.
	Naming identify.Rule
	// VoicesKey, if not nil, decrypts the enrolled speakers that are encrypted.
	VoicesKey *voicekey.Key
	// Log receives the log lines.
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
