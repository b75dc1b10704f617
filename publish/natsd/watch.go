package natsd

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// watchEvery is how often a server looks whether it still stores messages.
	watchEvery = 5 * time.Second
	// restartEvery is the least time between two restarts.
	restartEvery = time.Minute
	// enoughRoom is how many bytes a disk has to take before a restart, those of some thousand
	// events.
	enoughRoom = 1 << 20
)

// watcher restarts a server that has ceased to store messages. After one failed writing, as on a full
// disk, a stream refuses every message until the server is started again.
type watcher struct {
	ceased  func() bool // whether the server has ceased to store messages
	room    func() bool // whether it could store messages now
	restart func()
	last    time.Time // of the last restart
}

// look restarts the server if that is of use.
func (w *watcher) look(now time.Time) {
	if !w.ceased() || !w.last.IsZero() && now.Sub(w.last) < restartEvery || !w.room() {
		return
	}
	w.last = now
	w.restart()
}

// watch begins to look after the server.
func (s *Server) watch() {
	ctx, cancel := context.WithCancel(context.Background())
	s.unwatch = cancel
	w := &watcher{
		ceased: s.ceased,
		room:   func() bool { return hasRoom(s.opts.StoreDir) },
		// The clients of a server that does not start again report that none answers. The
		// next attempt is a minute later.
		restart: func() { _ = s.restart(ctx) },
	}
	s.watching.Go(func() {
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case now := <-tick.C:
				w.look(now)
			case <-ctx.Done():
				return
			}
		}
	})
}

// ceased reports whether a stream refuses messages because one could not be written, whether the server has
// ended its JetStream, which it does where it may not write a file, or whether the last restart has failed.
func (s *Server) ceased() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.nats.Running() {
		return true
	}
	for _, e := range s.nats.Healthz(&server.HealthzOptions{Details: true}).Errors {
		if e.Type == server.HealthzErrorJetStream || e.Type == server.HealthzErrorStream && strings.Contains(e.Error, "write error") {
			return true
		}
	}
	return false
}

// restart stops the server and starts it again with the same address and the same streams.
func (s *Server) restart(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shutdown()
	err := s.start(ctx)
	if err != nil {
		s.shutdown()
	}
	return err
}

// hasRoom reports whether a disk takes a file of enoughRoom bytes.
func hasRoom(dir string) bool {
	f, err := os.CreateTemp(dir, "room-")
	if err != nil {
		return false
	}
	_, err = f.Write(make([]byte, enoughRoom))
	return errors.Join(err, f.Close(), os.Remove(f.Name())) == nil
}
