package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path"
	"runtime"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/serve"
)

// serveOptions are the flags of serve.
type serveOptions struct {
	url      string
	nats     natsFlags
	model    string
	page     pageFlags
	workers  int
	limit    int
	logJSON  bool
	identify []string
	key      string
	keep     time.Duration
	worker   serve.Options
}

// newServeCommand makes "diarizer serve".
func newServeCommand() *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Diarize many streams, together with other machines",
		Long: `Serve diarizes every stream whose sound is on a NATS server, see "diarizer send".
Any number of serve processes on any machines share the streams of one server
or cluster: start another one with the same --nats, and it takes its part. When
one dies, hangs or is cut off, the others go on with its streams where they
were, and nobody who listens to the events notices more than a pause.

The address of --http shows the streams of all of them on a page, where speakers
can be named and merged, see "diarizer view", and has the worker's /metrics,
/healthz, /readyz and /debug/pprof.

The first Ctrl-C, or SIGTERM, hands all streams over.`,
		Example: `  diarizer serve --nats nats://a:4222,nats://b:4222,nats://c:4222 --replicas 3
  diarizer serve --nats nats://bus:4222 --http 127.0.0.1:8080 --log-json
  diarizer send --nats nats://bus:4222 --stream standup meeting.flac
  diarizer streams --nats nats://bus:4222`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runServe(cmd.Context(), cmd.ErrOrStderr(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.url, "nats", nats.DefaultURL, "URL of the NATS server, or several of a cluster, separated by commas")
	o.nats.register(f)
	f.IntVar(&o.workers, "workers", 0, "how many cores to use (default all)")
	f.IntVar(&o.limit, "max-streams", 0, "the most streams to take at once (default as many as are measured to fit)")
	o.page.addr = "127.0.0.1:0"
	o.page.register(f)
	f.Lookup("http").Usage = "`address` of the live page, metrics, health and profiles, such as 8080, or off; others can open it with 0.0.0.0:8080"
	f.BoolVar(&o.logJSON, "log-json", false, "log lines of JSON")
	cli.ModelFlag(f, &o.model)
	f.StringSliceVar(&o.identify, "identify", nil, "compare the speakers of new streams of these names with the enrolled ones, such as 'team-*'; see \"diarizer enroll\"")
	keyFlag(f, &o.key)
	f.DurationVar(&o.worker.Checkpoint, "checkpoint", serve.DefaultCheckpoint, "how much sound lies between two checkpoints of a stream")
	f.DurationVar(&o.worker.Idle, "idle", serve.DefaultIdle, "end a stream of which nothing came for so long")
	f.DurationVar(&o.worker.Beat, "heartbeat", serve.DefaultBeat, "how often to tell the others that this process lives")
	f.DurationVar(&o.worker.Dead, "dead-after", serve.DefaultDead, "how long a process may be silent before others take its streams; the same in all processes")
	f.DurationVar(&o.keep, "keep", defaultKeep, "how long streams that are over can be corrected by request, 0 for not at all; see \"diarizer name\"")
	f.IntVar(&o.worker.Store.Replicas, "replicas", 1, "how many servers of a cluster keep what is created")
	f.DurationVar(&o.worker.Store.AudioAge, "audio-age", 24*time.Hour, "how long sound is kept, where its JetStream stream has to be created")
	f.Int64Var(&o.worker.Store.AudioBytes, "audio-bytes", 10<<30, "how much sound is kept, where its JetStream stream has to be created")
	cmd.MarkFlagsMutuallyExclusive("nats", "nats-context")
	return cmd
}

// runServe is a worker from its start to its end.
func runServe(ctx context.Context, stderr io.Writer, o serveOptions) error {
	log := slog.New(slog.NewTextHandler(stderr, nil))
	if o.logJSON {
		log = slog.New(slog.NewJSONHandler(stderr, nil))
	}
	for _, pattern := range o.identify {
		if _, err := path.Match(pattern, ""); err != nil {
			return usage("--identify %q: %w: expected a name such as standup or 'team-*'", pattern, err)
		}
	}
	if o.keep < 0 {
		return usage("--keep %v: expected a duration such as 24h, or 0", o.keep)
	}
	if o.page.addr == "off" && o.page.token != "" {
		return usage("--http-token: expected it with --http")
	}
	if o.workers < 0 || o.workers > runtime.NumCPU() {
		return usage("--workers %d: expected 1 to %d, the cores of this machine", o.workers, runtime.NumCPU())
	}
	if o.workers > 0 {
		runtime.GOMAXPROCS(o.workers)
	}
	key, err := keyOf(o.key)
	if err != nil {
		return err
	}
	d := diarizeFlags{model: o.model}
	m, err := cli.ReadModel(d.model)
	if err != nil {
		return err
	}
	opts := o.worker
	opts.Pipeline, opts.Log, opts.Limit = pipeline.Config{Model: m}, log, o.limit
	opts.VoicesKey = key
	opts.Identify = func(stream string) bool { return matchesAny(o.identify, stream) }
	if o.limit == 0 {
		fmt.Fprintln(stderr, "limit: being measured, which takes some seconds; --max-streams sets it")
		capacity, err := measure(ctx, opts.Pipeline)
		if err != nil {
			return err
		}
		log.Info("capacity measured", "streams", capacity.Streams, "cores", capacity.Cores, "cores_per_stream", capacity.Cost)
		fmt.Fprintf(stderr, "limit: %v\n", capacity)
		opts.Limit, opts.Cost = capacity.Streams, capacity.Cost
	}
	nc, err := o.nats.connect(ctx, o.url, "diarizer serve", func(err error) { log.Warn("NATS", "error", err) })
	if err != nil {
		return err
	}
	defer nc.Close()
	stop, err := keepOpen(ctx, nc, o.keep, log)
	if err != nil {
		return as(exitServer, err)
	}
	defer stop()
	var p workerPage
	var pageErr error
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err = serve.Run(ctx, nc, opts, func(w *serve.Worker) {
		if pageErr = p.open(ctx, nc, stderr, o, w, log); pageErr != nil {
			cancel()
		}
	})
	if pageErr != nil && errors.Is(err, context.Canceled) {
		err = nil // that is how it was ended
	}
	return errors.Join(pageErr, err, p.close())
}

func matchesAny(patterns []string, stream string) bool {
	for _, p := range patterns {
		if ok, err := path.Match(p, stream); ok && err == nil {
			return true
		}
	}
	return false
}

// measure finds the number of streams by means of the demo recording.
func measure(ctx context.Context, cfg pipeline.Config) (serve.Capacity, error) {
	src, err := capture.OpenReader(ctx, demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		return serve.Capacity{}, err
	}
	defer src.Close()
	return serve.Measure(ctx, cfg, src)
}
