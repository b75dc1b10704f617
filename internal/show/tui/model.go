package tui

import (
	"context"
	"errors"
	"io"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seed-7adb9000/diarizer/event"
)

// Options say what the user can do.
type Options struct {
	// Correct, where not nil, takes the user's corrections.
	Correct Correct
	// Remember, if not nil, keeps voices: the user is asked after each new name. KeepFor is the
	// time that is offered first, or 90 days if it is 0.
	Remember Remember
	KeepFor  time.Duration
	// End, where not nil, ends what is shown. The user is asked before, and the
	// view stays until the user leaves it.
	End func()
}

// Run shows feed until the user quits or ctx is done. That the user quits is no error.
func Run(ctx context.Context, feed *Feed, opts Options, in io.Reader, out io.Writer) error {
	m := NewModel(feed)
	m.ctx, m.correct, m.finish = ctx, opts.Correct, opts.End
	m.remember, m.keepFor = opts.Remember, opts.KeepFor
	p := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out),
		tea.WithAltScreen(), tea.WithoutSignalHandler())
	_, err := p.Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, tea.ErrProgramKilled) || errors.Is(err, tea.ErrInterrupted) {
		return nil
	}
	return err
}

// Model is the state of the view, for bubbletea.
type Model struct {
	feed          *Feed
	width, height int
	stream        string     // the chosen stream, or empty
	span          event.Time // the time that the lanes cover
	end           event.Time // the right edge, if fixed
	fixed         bool       // whether the user has scrolled away from now
	help          bool

	ctx     context.Context // for corrections
	correct Correct         // nil: no corrections
	desk    desk

	remember Remember // nil: no voice is kept
	keepFor  time.Duration
	offers   map[offer]bool // questions that were asked

	finish func() // ends the stream that is shown; nil if the user may not end it
	asking bool   // whether to end it
	ending bool   // the user has ended it
}

var _ tea.Model = Model{}

// The size of the view until the terminal reports its own.
const (
	defaultWidth  = 80
	defaultHeight = 24
)

const (
	defaultSpan = 60 * event.Rate
	leastSpan   = 5 * event.Rate
	mostSpan    = 24 * 3600 * event.Rate
)

// NewModel returns the view of feed, without corrections.
func NewModel(feed *Feed) Model {
	return Model{feed: feed, ctx: context.Background(), width: defaultWidth, height: defaultHeight, span: defaultSpan, offers: map[offer]bool{}}
}

// lookEvery is the time between two looks at the feed.
const lookEvery = 100 * time.Millisecond

// tick is the message to look again.
type tick struct{}

func look() tea.Cmd { return tea.Tick(lookEvery, func(time.Time) tea.Msg { return tick{} }) }

// Init begins to look at the feed.
func (m Model) Init() tea.Cmd { return tea.Batch(tea.SetWindowTitle("diarizer"), look()) }

// Update handles a key, or a new size of the terminal.
func (m Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m = m.release()
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tick:
		return m, look()
	case answered:
		m.desk.said = string(msg)
	case renamed:
		return m.offered(msg), nil
	case tea.KeyMsg:
		if m.asking {
			return m.answer(msg.String())
		}
		next, cmd, done := m.edit(msg)
		if done {
			return next, cmd
		}
		return next.key(msg.String())
	}
	return m, nil
}

func (m Model) key(key string) (tea.Model, tea.Cmd) {
	switch key {
	case "q", "ctrl+c":
		return m.leave()
	case "esc":
		m.help = false
	case "tab":
		m.stream, m.fixed, m.desk = m.feed.after(m.stream), false, desk{}
	case "+", "=":
		m.span = max(leastSpan, m.span/2)
	case "-":
		m.span = min(mostSpan, m.span*2)
	case "0":
		m.span, m.fixed = m.all(), false
	case "left", "h":
		m.scroll(-m.span / 4)
	case "right", "l":
		m.scroll(m.span / 4)
	case "pgup":
		m.scroll(-m.span)
	case "pgdown":
		m.scroll(m.span)
	case "home":
		m.end, m.fixed = m.span, true
	case "end", " ":
		m.fixed = false
	case "?":
		m.help = !m.help
	}
	return m, nil
}

// shown is the stream that is shown: the one whose speaker or turn the user has chosen, or
// else the chosen one. The caller holds the lock.
func (m Model) shown() *stream {
	if m.desk.on != nil {
		return m.desk.on
	}
	return m.feed.chosen(m.stream)
}

// hold ties the correction that the user is making to the run that is shown, also if another
// stream or run begins.
func (m Model) hold() Model {
	m.feed.mu.Lock()
	defer m.feed.mu.Unlock()
	m.desk.on = m.shown()
	return m
}

// release lets the view go on to a stream or run that has begun, unless the user is in the
// middle of a correction. The chosen speaker is none of that stream's.
func (m Model) release() Model {
	m.feed.mu.Lock()
	defer m.feed.mu.Unlock()
	if m.desk.doing == looking && m.desk.on != nil && m.desk.on != m.feed.chosen(m.stream) {
		m.desk.on, m.desk.selected = nil, event.Unknown
	}
	return m
}

// at is how far the chosen stream has been heard.
func (m Model) at() event.Time {
	m.feed.mu.Lock()
	defer m.feed.mu.Unlock()
	if s := m.shown(); s != nil {
		return s.at()
	}
	return 0
}

func (s *stream) at() event.Time {
	if s.reading != nil {
		return max(s.board.At(), s.reading.At)
	}
	return s.board.At()
}

func (m Model) all() event.Time { return min(mostSpan, max(leastSpan, m.at())) }

// scroll moves the lanes. At the present time they follow the stream again.
func (m *Model) scroll(by event.Time) {
	now := m.at()
	if !m.fixed {
		m.end = max(now, m.span)
	}
	m.end = max(m.span, m.end+by)
	m.fixed = m.end < max(now, m.span)
}
