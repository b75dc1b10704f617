package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/bus/fence"
)

// member is a worker's heartbeat.
type member struct {
	Host    string  `json:"host"`
	PID     int     `json:"pid"`
	Streams int     `json:"streams"`
	Limit   int     `json:"limit"`
	State   string  `json:"state"` // ready, draining or overloaded
	Model   string  `json:"model"`
	Beat    uint64  `json:"beat"`
	Cost    float64 `json:"cost"` // cores per stream, as measured
}

// stateReady is the state of a worker that takes streams.
const stateReady = "ready"

// claim says which worker has a stream and where its current run begins. It is replaced by
// compare-and-set only.
type claim struct {
	// Worker is the worker that has the stream, empty if none has.
	Worker string `json:"worker,omitempty"`
	// Epoch increases with every new owner.
	Epoch uint64 `json:"epoch"`
	// From is the number of the first message of sound that can begin the current run, or
	// the next. Events is the number of the last message of events before that run.
	From   uint64 `json:"from"`
	Events uint64 `json:"events"`
	// Attempt counts how often the run was begun again.
	Attempt int `json:"attempt,omitempty"`
	// Open says that a run is going on.
	Open bool `json:"open"`
	// Past are the last sessions whose runs are over. Heard is the number of the message
	// of sound up to which they were read.
	Past  []string `json:"past,omitempty"`
	Heard uint64   `json:"heard,omitempty"`
	// Title is what people call the stream.
	Title string `json:"title,omitempty"`
	// Identify says that the speakers are compared with the enrolled ones.
	Identify bool `json:"identify,omitempty"`
}

// pastSessions is how many sessions a claim remembers.
const pastSessions = 16

func (c *claim) forget(session string) {
	if session == "" || slices.Contains(c.Past, session) {
		return
	}
	c.Past = append(slices.Clone(c.Past), session)
	if n := len(c.Past) - pastSessions; n > 0 {
		c.Past = c.Past[n:]
	}
}

type seenMember struct {
	member
	revision uint64
	at       time.Time // when this process saw the last heartbeat
}

type seenClaim struct {
	claim
	revision uint64
}

// roster follows the heartbeats and the claims of all workers.
type roster struct {
	mu      sync.Mutex
	members map[string]seenMember
	claims  map[string]seenClaim
	changed chan struct{} // has an element after a change
}

func newRoster() *roster {
	return &roster{members: map[string]seenMember{}, claims: map[string]seenClaim{}, changed: make(chan struct{}, 1)}
}

// follow keeps the roster up to date until ctx is done. It returns once the roster has the
// content of the buckets, and goes on in goroutines of wg.
func (r *roster) follow(ctx context.Context, s *shared, wg *sync.WaitGroup, report func(error)) error {
	for _, w := range []struct {
		kv    jetstream.KeyValue
		table table
	}{{s.workers, table{r.putMember, r.onlyMembers}}, {s.claims, table{r.putClaim, r.onlyClaims}}} {
		ready := make(chan struct{})
		once := sync.OnceFunc(func() { close(ready) })
		wg.Go(func() { watch(ctx, s.nc, w.kv, w.table, once, report) })
		select {
		case <-ready:
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(apiTimeout):
			return fmt.Errorf("bucket %s: no answer within %v", w.kv.Bucket(), apiTimeout)
		}
	}
	return nil
}

func (r *roster) putMember(e jetstream.KeyValueEntry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.Operation() != jetstream.KeyValuePut {
		delete(r.members, e.Key())
		r.signal()
		return nil
	}
	m := seenMember{revision: e.Revision(), at: time.Now()}
	err := json.Unmarshal(e.Value(), &m.member)
	r.members[e.Key()] = m
	return err
}

func (r *roster) putClaim(e jetstream.KeyValueEntry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.signal()
	if e.Operation() != jetstream.KeyValuePut {
		delete(r.claims, e.Key())
		return nil
	}
	c := seenClaim{revision: e.Revision()}
	if err := json.Unmarshal(e.Value(), &c.claim); err != nil {
		return err
	}
	if old := r.claims[e.Key()]; old.revision < c.revision {
		r.claims[e.Key()] = c
	}
	return nil
}

func (r *roster) onlyMembers(keys map[string]bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	retain(r.members, keys)
	r.signal()
}

func (r *roster) onlyClaims(keys map[string]bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	retain(r.claims, keys)
	r.signal()
}

func (r *roster) signal() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// first returns the smallest id of the living workers, empty if no worker lives.
func (r *roster) first() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.members) == 0 {
		return ""
	}
	return slices.Min(slices.Collect(maps.Keys(r.members)))
}

// silent returns the workers whose last heartbeat is longer ago than that, with the revision of
// that heartbeat.
func (r *roster) silent(than time.Duration) map[string]uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := map[string]uint64{}
	for id, m := range r.members {
		if time.Since(m.at) > than {
			found[id] = m.revision
		}
	}
	return found
}

// free returns the claims of no living worker. It returns claims of worker me too: if me has
// written a claim without receiving the answer, me does not follow the stream.
func (r *roster) free(me string) map[string]seenClaim {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := map[string]seenClaim{}
	for stream, c := range r.claims {
		if _, alive := r.members[c.Worker]; c.Worker == "" || c.Worker == me || !alive {
			found[stream] = c
		}
	}
	return found
}

func (r *roster) claim(stream string) (seenClaim, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.claims[stream]
	return c, ok
}

// all returns copies of the members and the claims.
func (r *roster) all() (map[string]seenMember, map[string]seenClaim) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.members), maps.Clone(r.claims)
}

// write replaces a claim, or creates it if revision is 0, and returns its new revision. The
// error matches errTaken if another worker has changed the claim before.
func (s *shared) write(ctx context.Context, stream string, c claim, revision uint64) (uint64, error) {
	data, err := json.Marshal(c)
	if err != nil {
		return 0, fmt.Errorf("claim of stream %s: %w", stream, err)
	}
	if revision == 0 {
		revision, err = s.claims.Create(ctx, stream, data)
	} else {
		revision, err = s.claims.Update(ctx, stream, data, revision)
	}
	if fence.Refused(err) {
		return 0, fmt.Errorf("stream %s: %w", stream, errTaken)
	}
	if err != nil {
		return 0, fmt.Errorf("claim of stream %s: %w", stream, err)
	}
	return revision, nil
}

// errTaken is matched by the error for a claim that another worker has changed.
var errTaken = errors.New("another worker has changed the claim")
