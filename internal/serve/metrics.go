package serve

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
)

// metrics are a worker's measurements, for Prometheus.
type metrics struct {
	registry *prometheus.Registry
	events   *prometheus.CounterVec
	eventLag prometheus.Histogram
	audio    prometheus.Counter
	retries  prometheus.Counter
	failures prometheus.Counter
	refusals prometheus.Counter
	sheds    prometheus.Counter
	dead     prometheus.Counter
	taken    *prometheus.CounterVec
	drops    *prometheus.CounterVec
	bad      *prometheus.CounterVec
	trimmed  prometheus.Counter

	wordsRefused prometheus.Counter
	checkpoints  prometheus.Counter
	stateBytes   prometheus.Histogram
	sentBytes    prometheus.Counter
	saveTime     prometheus.Histogram
	saveCPU      prometheus.Counter
}

func newMetrics() *metrics {
	r := prometheus.NewRegistry()
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Namespace: "diarizer", Name: name, Help: help})
		r.MustRegister(c)
		return c
	}
	vector := func(name, label, help string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "diarizer", Name: name, Help: help}, []string{label})
		r.MustRegister(c)
		return c
	}
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "diarizer", Name: name, Help: help, Buckets: buckets})
		r.MustRegister(h)
		return h
	}
	m := &metrics{
		registry:     r,
		events:       vector("events_total", "kind", "Events published."),
		eventLag:     histogram("event_lag_seconds", "Time from the arrival of the sound that decided an event to its acknowledgement.", prometheus.ExponentialBuckets(0.001, 2, 16)),
		audio:        counter("audio_seconds_total", "Sound diarized, replayed sound included."),
		retries:      counter("retries_total", "Attempts that failed and were made again."),
		failures:     counter("stream_failures_total", "Streams that failed."),
		refusals:     counter("streams_refused_total", "Streams not taken because the worker was full."),
		sheds:        counter("streams_shed_total", "Streams given up because the worker was overloaded."),
		dead:         counter("workers_declared_dead_total", "Other workers that this one declared dead."),
		taken:        vector("streams_taken_total", "how", "Streams taken: new ones, and those that went on from another worker."),
		drops:        vector("packets_dropped_total", "why", "Packets that were not heard: of another session than the one that is, or of one whose run is over."),
		bad:          vector("packets_refused_total", "why", "Messages of sound that were refused, or not used as they are; those read again are counted again."),
		trimmed:      counter("audio_trimmed_total", "Messages of sound that were removed because their sender took more than its share."),
		wordsRefused: counter("words_refused_total", "Messages of recognisers that were refused, or lost because they came too fast."),
		checkpoints:  counter("checkpoints_total", "Checkpoints written."),
		stateBytes:   histogram("checkpoint_bytes", "Size of a checkpoint.", prometheus.ExponentialBuckets(16<<10, 2, 12)),
		sentBytes:    counter("checkpoint_sent_bytes_total", "Bytes of checkpoints that were new and had to be sent."),
		saveTime:     histogram("checkpoint_seconds", "Time from the beginning of a checkpoint to its acknowledgement.", prometheus.ExponentialBuckets(0.001, 2, 14)),
		saveCPU:      counter("checkpoint_taking_seconds_total", "Time for which streams stood still to have their state written down."),
	}
	for _, kind := range natsaudio.BadKinds() {
		m.bad.WithLabelValues(kind) // so that the metric exists before the first message
	}
	for _, why := range []string{dropPast, dropOther} {
		m.drops.WithLabelValues(why)
	}
	return m
}

// observe adds the metrics that are read from w at the time of a request.
func (m *metrics) observe(w *Worker) {
	gauge := func(name, help string, f func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "diarizer", Name: name, Help: help}, f))
	}
	gauge("streams", "Streams of this worker.", func() float64 { return float64(len(w.all())) })
	gauge("streams_limit", "Streams that this worker takes at most at present.", func() float64 {
		w.mu.Lock()
		defer w.mu.Unlock()
		return float64(w.limit)
	})
	gauge("stream_lag_seconds_max", "By how much later the newest sound came than that which is heard, of the stream that is furthest behind.", func() float64 {
		var worst time.Duration
		for _, o := range w.all() {
			worst = max(worst, o.state().Lag)
		}
		return worst.Seconds()
	})
	gauge("lease_age_seconds", "Time since the last heartbeat that was acknowledged.", func() float64 {
		return min(w.lease.age(), time.Hour).Seconds()
	})
}

func (m *metrics) event(kind string, lag time.Duration) {
	m.events.WithLabelValues(kind).Inc()
	m.eventLag.Observe(max(0, lag.Seconds()))
}

func (m *metrics) heard(samples int64) { m.audio.Add(float64(samples) / capture.Rate) }
func (m *metrics) retry()              { m.retries.Inc() }
func (m *metrics) fail()               { m.failures.Inc() }
func (m *metrics) refuse()             { m.refusals.Inc() }
func (m *metrics) reaped()             { m.dead.Inc() }
func (m *metrics) dropped()            { m.sheds.Inc() }

func (m *metrics) drop(why string, n uint64) { m.drops.WithLabelValues(why).Add(float64(n)) }

func (m *metrics) take(going bool) {
	how := "new"
	if going {
		how = "resumed"
	}
	m.taken.WithLabelValues(how).Inc()
}

func (m *metrics) checkpoint(size, sent int, taking, whole time.Duration) {
	m.checkpoints.Inc()
	m.stateBytes.Observe(float64(size))
	m.sentBytes.Add(float64(sent))
	m.saveTime.Observe(whole.Seconds())
	m.saveCPU.Add(taking.Seconds())
}
