package heard

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/event"
)

// Guess is what a recogniser takes somebody to say at the moment, for who looks. It
// is forgotten when the words come that are sure.
type Guess struct {
	Stream     string     `json:"stream"`
	Run        string     `json:"run"`
	Recogniser string     `json:"recogniser"`
	Start      event.Time `json:"start"`
	End        event.Time `json:"end"`
	Text       string     `json:"text,omitempty"` // the end of it, where it is long
}

// mostGuessed is the length of a guess, in bytes: it is of one sentence, or a few.
const mostGuessed = 400

// Guess is what partial words come to, in a run of a stream whose sample 0 was at
// origin. It is not ok where the words are not partial, or of another run.
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

// Subscribe calls partial with the partial words of all streams, one message at a
// time, until the returned function is called or the connection closes. What comes
// faster than it is looked at is lost, as a later guess makes up for it.
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
	return func() { _ = sub.Unsubscribe() }, nil // an error means that it has ended
}
