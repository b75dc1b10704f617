package serve

import (
	"fmt"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Probes are the handlers of /healthz and /readyz, for every client. /healthz says that the
// process works, /readyz that its lease holds, so that it takes and keeps streams.
func (w *Worker) Probes() map[string]http.Handler {
	return map[string]http.Handler{
		"GET /healthz": http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			fmt.Fprintln(rw, "ok")
		}),
		"GET /readyz": http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			if why := w.unready(); why != "" {
				http.Error(rw, why, http.StatusServiceUnavailable)
				return
			}
			fmt.Fprintln(rw, "ready")
		}),
	}
}

// Inspection are the handlers of /metrics and /debug/pprof, for operators.
func (w *Worker) Inspection() map[string]http.Handler {
	return map[string]http.Handler{
		"GET /metrics":             promhttp.HandlerFor(w.metrics.registry, promhttp.HandlerOpts{}),
		"GET /debug/pprof/":        http.HandlerFunc(pprof.Index),
		"GET /debug/pprof/cmdline": http.HandlerFunc(pprof.Cmdline),
		"GET /debug/pprof/profile": http.HandlerFunc(pprof.Profile),
		"GET /debug/pprof/symbol":  http.HandlerFunc(pprof.Symbol),
		"GET /debug/pprof/trace":   http.HandlerFunc(pprof.Trace),
	}
}

// unready is the reason why the worker is not ready, empty if it is ready.
func (w *Worker) unready() string {
	w.mu.Lock()
	draining := w.draining
	w.mu.Unlock()
	switch {
	case draining:
		return "draining"
	case !w.lease.holds():
		return fmt.Sprintf("no heartbeat acknowledged for %v: check the NATS server", w.lease.age().Round(time.Millisecond))
	}
	return ""
}
