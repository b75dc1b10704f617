// Package heard joins the words of speech recognisers with the turns of a stream
// while the stream is diarized. A [Message] arrives on NATS. A [Room] finds the speaker
// of each word, and corrects the speaker when turns change. docs/words.md is the
// contract.
package heard

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/bus/request"
	"github.com/seed-7adb9000/diarizer/words"
)

// Subject is the subject on which recognisers publish the words of a stream:
// diarizer.words.v1.<stream>. It is not one of the subjects of events.
func Subject(stream string) string { return "diarizer.words.v1." + stream }

// Message is what a recogniser has heard of a stream.
type Message struct {
	// Recogniser names the recogniser among those of the stream. It is one subject
	// token; "words" if empty.
	Recogniser string `json:"recogniser,omitempty"`
	// Run, if not empty, is the run that the recogniser listened to. Words for another
	// run are refused.
	Run string `json:"run,omitempty"`
	// Seq, if not 0, counts the recogniser's final messages from 1 on. A message that
	// is sent twice is then taken once.
	Seq uint64 `json:"seq,omitempty"`
	// Partial says that the words may still change. A later message has them again.
	Partial bool `json:"partial,omitempty"`
	// Origin, if not zero, is the wall-clock time at which the words' times are 0.
	// Without Origin the words' times are stream time.
	Origin time.Time `json:"origin,omitzero"`
	Words  []Word    `json:"words,omitempty"`
	// End says that no more words come from this recogniser.
	End bool `json:"end,omitempty"`
}

// Word is one word. Start and End are in seconds.
type Word struct {
	Text       string  `json:"text"`
	Start      float64 `json:"start"`
	End        float64 `json:"end"`
	Confidence float64 `json:"confidence,omitempty"`
	Estimated  bool    `json:"estimated,omitempty"`
	Line       bool    `json:"line,omitempty"`
}

// Reply says what became of a Message that was sent as a request.
type Reply struct {
	// Words is how many words of the message were taken.
	Words int `json:"words"`
	// Error says why no word was taken.
	Error string `json:"error,omitempty"`
}

// The reasons to refuse a message, for errors.Is.
var (
	// ErrMalformed is a message that no stream can take.
	ErrMalformed = errors.New("malformed words")
	// ErrRefused is a message that does not fit the stream as it is now.
	ErrRefused = errors.New("words refused")
	// ErrNobody is a message for a stream that nobody diarizes now.
	ErrNobody = errors.New("nobody diarizes this stream now")
)

// The limits of a message.
const (
	MaxSize  = 256 << 10 // bytes of JSON
	MaxWords = 1000
	MaxText  = 200 // bytes of one word
)

// DefaultRecogniser is the recogniser of a message that names none.
const DefaultRecogniser = "words"

// latest is the latest time of a word in seconds, about three years.
const latest = 1e8

// Decode reads the JSON of one message and checks it. Errors match
// [ErrMalformed].
func Decode(data []byte) (Message, error) {
	m, err := request.Decode[Message](data, MaxSize, ErrMalformed)
	if err != nil {
		return m, err
	}
	return m, m.Check()
}

// Check reports the first thing of the message that is missing or out of bounds.
func (m Message) Check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
	}
	switch {
	case m.Recogniser != "" && !event.ValidToken(m.Recogniser):
		return bad("recogniser %.80q: expected 1 to 64 of A-Z a-z 0-9 _ -", m.Recogniser)
	case m.Run != "" && !event.ValidToken(m.Run):
		return bad("run %.80q: expected the run of an event", m.Run)
	case len(m.Words) > MaxWords:
		return bad("%d words: expected at most %d", len(m.Words), MaxWords)
	case len(m.Words) == 0 && !m.End && !m.Partial:
		return bad("no words: expected some, or the end")
	case m.Partial && m.End:
		return bad("partial words and the end: expected one of them")
	}
	for i, w := range m.Words {
		text := strings.TrimSpace(w.Text)
		switch {
		case text == "" || len(text) > MaxText:
			return bad("word %d: a text of %d bytes: expected 1 to %d", i+1, len(text), MaxText)
		case strings.ContainsFunc(text, unicode.IsControl):
			return bad("word %d, %.40q: expected printable characters", i+1, text)
		case !(w.Start >= 0 && w.Start <= w.End && w.End <= latest):
			return bad("word %d, %.40q: from %v to %v: expected seconds with 0 ≤ start ≤ end ≤ %.0f", i+1, text, w.Start, w.End, latest)
		case !(w.Confidence >= 0 && w.Confidence <= 1):
			return bad("word %d, %.40q: confidence %v: expected a probability", i+1, text, w.Confidence)
		}
	}
	return nil
}

// recogniser is the name of the message's recogniser.
func (m Message) recogniser() string { return cmp.Or(m.Recogniser, DefaultRecogniser) }

// longest is how long a word may be; a longer one is cut. Recognisers let a word before a
// pause go on to the next one, but not for longer than the sound that they hear at once.
// Every change of a turn is compared with all words that go on until it.
const longest = time.Minute

// list returns the words in the time of a stream whose sample 0 was at origin. Words from
// before sample 0 are left out.
func (m Message) list(origin time.Time) []words.Word {
	var shift time.Duration
	if !m.Origin.IsZero() {
		shift = m.Origin.Sub(origin)
	}
	var out []words.Word
	for _, w := range m.Words {
		start, end := stream(w.Start)+shift, stream(w.End)+shift
		if end < 0 || end > latest*time.Second {
			continue
		}
		start = max(0, start)
		out = append(out, words.Word{Text: strings.TrimSpace(w.Text), Start: start, End: min(end, start+longest),
			Confidence: w.Confidence, Estimated: w.Estimated, Break: w.Line})
	}
	return out
}

// stream rounds seconds to the nearest sample, as events do.
func stream(seconds float64) time.Duration {
	return event.TimeOf(time.Duration(seconds * float64(time.Second))).Duration()
}
