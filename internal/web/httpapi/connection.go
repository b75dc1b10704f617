package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/seed-7adb9000/diarizer/internal/web/record"
)

// The messages to a recorder. Their type tells them apart.
type (
	begun struct {
		Type     string `json:"type"` // begun
		Session  string `json:"session"`
		Stream   string `json:"stream"`
		Next     uint64 `json:"next"`     // number of the next packet
		Position int64  `json:"position"` // position of the next sound, in samples of the recorder
		Resumed  bool   `json:"resumed"`
		Joined   bool   `json:"joined,omitempty"` // whether it joins other devices that record the stream
	}
	ack struct {
		Type     string `json:"type"` // ack
		Seq      uint64 `json:"seq"`
		Position int64  `json:"position"`
		Lost     uint64 `json:"lost"`
	}
	told struct {
		Type  string          `json:"type"` // event
		Event json.RawMessage `json:"event"`
	}
	missed struct {
		Type  string `json:"type"` // missed
		Count uint64 `json:"count"`
	}
	notice struct {
		Type string `json:"type"` // notice
		Text string `json:"text"`
	}
	ended struct {
		Type  string `json:"type"` // ended, or refused
		Error string `json:"error,omitempty"`
	}
)

// ackEvery is the time between two acknowledgements.
const ackEvery = 250 * time.Millisecond

// taken is the close status of a connection whose recording another connection has taken
// over.
const taken websocket.StatusCode = 4001

// connection is one WebSocket of a recorder.
type connection struct {
	api      *API
	conn     *websocket.Conn
	session  *record.Session
	numbered bool
	resumed  bool
	joined   bool
	told     uint64 // number of the last event that was sent
	of       string // the run of that event
	notices  int    // how many notices were sent
	acked    ack
	ackedAt  time.Time // when that was sent

	reads   atomic.Uint64 // how many messages were read
	waiting atomic.Bool   // whether read waits for room for more sound
}

// run takes sound and sends events until everything is sent or the connection is lost.
func (c *connection) run() {
	ctx, cancel := context.WithCancelCause(c.api.base)
	defer cancel(nil)
	taking, stop := context.WithCancel(ctx) // ends the wait for room
	defer stop()
	left := make(chan struct{})
	leave := sync.OnceFunc(func() { close(left); stop() })
	id := c.session.Attach(leave)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel(nil)
	wrong := make(chan error, 1) // for a message that is no packet: the connection still works and says so
	wg.Go(func() {
		err := c.read(ctx, taking)
		if errors.Is(err, record.ErrPacket) {
			wrong <- err
			return
		}
		cancel(err)
	})
	wg.Go(func() { c.watch(ctx, cancel) })
	whole, err := c.write(ctx, left, wrong)
	resume := c.api.limits.Resume
	switch {
	case whole:
		_ = c.conn.Close(websocket.StatusNormalClosure, "") // the recorder has everything, even if it is gone
	case errors.Is(err, errTaken):
		_ = c.conn.Close(taken, "another connection goes on with this recording")
	case errors.Is(err, record.ErrPacket):
		c.refuse(err)
	case websocket.CloseStatus(context.Cause(ctx)) == websocket.StatusNormalClosure:
		resume = 0 // the recorder has closed the connection
	}
	c.session.Detach(id, resume)
}

// errTaken says that another connection has taken the recording over.
var errTaken = errors.New("taken over")

// refuse sends what was wrong and closes the connection.
func (c *connection) refuse(reason error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.api.base), writeWithin)
	defer cancel()
	_ = c.send(ctx, ended{Type: "refused", Error: reason.Error()}) // the recorder may be gone
	_ = c.conn.Close(websocket.StatusUnsupportedData, "")
}

// read takes messages until the connection is lost or a message is wrong.
func (c *connection) read(ctx, taking context.Context) error {
	for {
		kind, data, err := c.conn.Read(ctx)
		if err != nil {
			return err
		}
		c.reads.Add(1)
		if kind == websocket.MessageText {
			if err := c.control(data); err != nil {
				return err
			}
			continue
		}
		c.waiting.Store(true)
		err = c.take(taking, data)
		c.waiting.Store(false)
		switch {
		case err == nil, errors.Is(err, record.ErrOver): // the writer says that the recording is over
		case taking.Err() != nil && ctx.Err() == nil: // the writer says why, and reads the answer
		default:
			return err
		}
	}
}

func (c *connection) take(ctx context.Context, data []byte) error {
	if !c.numbered {
		return c.session.TakePlain(ctx, data)
	}
	p, err := record.ParsePacket(data)
	if err != nil {
		return err
	}
	return c.session.Take(ctx, p)
}

// control takes a text message, which says that the recording ends.
func (c *connection) control(data []byte) error {
	var m struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(data, &m); err != nil || m.Type != "end" {
		return fmt.Errorf("%w: the text %.40q, expected {\"type\":\"end\"}, or sound in binary messages", record.ErrPacket, data)
	}
	c.session.End()
	return nil
}

// watch finds out that a recorder is gone although its connection is open.
func (c *connection) watch(ctx context.Context, lose context.CancelCauseFunc) {
	every := time.NewTicker(c.api.limits.Ping)
	defer every.Stop()
	for {
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
		before := c.reads.Load()
		answered, cancel := context.WithTimeout(ctx, 2*c.api.limits.Ping)
		err := c.conn.Ping(answered)
		cancel()
		// While there is no room for sound, the answer to the ping is not read.
		if err != nil && !c.waiting.Load() && c.reads.Load() == before {
			lose(errGone)
			return
		}
	}
}

// write sends updates. whole is true if everything was sent.
func (c *connection) write(ctx context.Context, left <-chan struct{}, wrong <-chan error) (whole bool, err error) {
	u := c.news()
	c.acked, c.ackedAt = ack{Type: "ack"}, time.Now() // what was acknowledged over another connection may not have arrived
	hello := begun{Type: "begun", Session: c.session.ID(), Stream: c.session.Stream(), Next: u.Taken + 1, Position: u.Position, Resumed: c.resumed, Joined: c.joined}
	if err := c.send(ctx, hello); err != nil {
		return false, err
	}
	tick := time.NewTicker(ackEvery)
	defer tick.Stop()
	due := false // whether an acknowledgement is due
	for {
		if err := c.update(ctx, u, due || u.Over); err != nil || u.Done {
			return err == nil, err
		}
		due = false
		select {
		case <-u.News:
		case <-tick.C:
			due = true
			if u.Quiet > c.api.limits.Idle && !u.Over {
				c.session.EndWith(fmt.Sprintf("the recording has ended: no sound for %v", c.api.limits.Idle))
			}
		case <-left:
			return false, errTaken
		case err := <-wrong:
			return false, err
		case <-ctx.Done():
			return false, ctx.Err()
		}
		u = c.news()
	}
}

// news is what the recorder has not been told: everything, where the recorder has heard of
// another run.
func (c *connection) news() record.Update { return c.session.Since(c.of, c.told) }

// update sends an update and, if it is the last one, the end.
func (c *connection) update(ctx context.Context, u record.Update, acknowledge bool) error {
	var all []any
	// An acknowledgement that says nothing new is the sign of life by which a recorder knows that its
	// connection still works: a browser shows a page no pings.
	if now := (ack{Type: "ack", Seq: u.Acked, Position: u.Kept, Lost: u.Lost}); acknowledge && (now != c.acked || time.Since(c.ackedAt) >= c.api.limits.Ping) {
		c.acked, c.ackedAt = now, time.Now()
		all = append(all, now)
	}
	for _, text := range u.Notices[c.notices:] {
		all = append(all, notice{"notice", text})
	}
	c.notices = len(u.Notices)
	if u.Missed > 0 {
		all = append(all, missed{"missed", u.Missed})
	}
	for _, e := range u.Events {
		all = append(all, told{"event", e})
	}
	c.told, c.of = u.Seq, u.Run
	for _, m := range all {
		if err := c.send(ctx, m); err != nil {
			return err
		}
	}
	if !u.Done {
		return nil
	}
	c.api.sessions.Forget(c.session) // before the recorder is told and begins again
	return c.send(ctx, ended{"ended", u.Failure})
}

// send writes a message. A recorder that does not read loses its connection.
func (c *connection) send(ctx context.Context, m any) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	return c.conn.Write(ctx, websocket.MessageText, data)
}
