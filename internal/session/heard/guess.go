package heard

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/event"
)

// Guess is the text that a recogniser supposes somebody to be saying at the moment. It is
// for display only: the final words replace it.
type Guess struct {
	Stream     string     `json:"stream"`
	Run        string     `json:"run"`
	Recogniser string     `json:"recogniser"`
	Start      event.Time `json:"start"`
	End        event.Time `json:"end"`
	Text       string     `json:"text,omitempty"` // if long, only the end of the text
}

// mostGuessed is the length of the longest guess, in bytes: a sentence or a few.
const mostGuessed = 400

// Guess is the guess that partial words make, in a run of a stream whose sample 0 was at
// origin. ok is false if the words are not partial, or are of another run.
func (m Message) Guess(stream, run string, origin time.Time) (g Guess, ok bool) {
	if !m.Partial || m.Run != "" && m.Run != run {
		return g, false
	}
	g = Guess{Stream: stream, Run: run, Recogniser: m.recogniser()}
	var texts []string
	for i, w := range m.list(origin) {
		if start := event.TimeOf(w.Start); i == 0 || start < g.Start {
			g.Start = start
		}
		g.End = max(g.End, event.TimeOf(w.End))
		texts = append(texts, w.Text)
	}
	g.Text = strings.Join(texts, " ")
	if cut := len(g.Text) - mostGuessed; cut > 0 {
		for cut < len(g.Text) && !utf8.RuneStart(g.Text[cut]) {
			cut++
		}
		g.Text = "…" + g.Text[cut:]
	}
	return g, true
}

// Subscribe calls partial with the partial words of all streams, one message at a time,
// until stop is called or the connection closes. Messages that come faster than partial
// returns may be lost: a later guess replaces them.
func Subscribe(nc *nats.Conn, partial func(stream string, m Message)) (stop func(), err error) {
	all := Subject("*")
	sub, err := nc.Subscribe(all, func(m *nats.Msg) {
		stream := strings.TrimPrefix(m.Subject, strings.TrimSuffix(all, "*"))
		if message, err := Decode(m.Data); err == nil && message.Partial && event.ValidToken(stream) {
			partial(stream, message)
		}
	})
	if err == nil {
		err = sub.SetPendingLimits(MostUnread, MostBytes)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", all, err)
	}
	return func() { _ = sub.Unsubscribe() }, nil // an error means that the subscription has ended
}
