package export

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/online"
)

// RTTMRun is the run of the timelines that FromRTTM makes. No real run has that name.
const RTTMRun = "rttm"

// FromRTTM makes a timeline of each recording in the lines of an RTTM file, in order of
// appearance. A speaker whose name is S1, S2 and so on, or unknown, is that speaker. All
// other speakers get the numbers that are left, and keep their names.
func FromRTTM(segments []rttm.Segment) ([]*event.Timeline, error) {
	var names []string
	by := map[string][]rttm.Segment{}
	for _, s := range segments {
		if _, ok := by[s.File]; !ok {
			names = append(names, s.File)
		}
		by[s.File] = append(by[s.File], s)
	}
	var all []*event.Timeline
	for _, name := range names {
		t, err := fromLines(name, by[name])
		if err != nil {
			return nil, fmt.Errorf("recording %s: %w", name, err)
		}
		all = append(all, t)
	}
	return all, nil
}

// fromLines makes events of the lines and a timeline of the events. The events have no
// wall-clock time.
func fromLines(name string, lines []rttm.Segment) (*event.Timeline, error) {
	enc := event.Encoder{Stream: event.Token(name), Run: RTTMRun, Now: func() time.Time { return time.Time{} }}
	end := int64(0)
	for _, s := range lines {
		end = max(end, samples(s.End))
	}
	number, others := numbers(lines)
	events := []event.Event{enc.Start(event.Source{Name: name})}
	for _, label := range others {
		events = append(events, enc.Identify(end, number[label], label, 0))
	}
	for i, s := range lines {
		turn := online.Turn{ID: i + 1, Speaker: number[s.Speaker], Start: samples(s.Start), End: samples(s.End),
			State: online.Final, LogP: math.NaN()}
		events = append(events, online.Encode(&enc, online.Event{Kind: online.TurnEnded, At: end, Turn: turn}))
	}
	t := &event.Timeline{}
	for _, e := range events {
		if err := t.Apply(e); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// numbers gives every speaker a number. others are the speakers whose name is not their
// number.
func numbers(lines []rttm.Segment) (number map[string]int, others []string) {
	number = map[string]int{}
	taken := map[int]bool{}
	for _, s := range lines {
		var n event.Speaker
		if n.UnmarshalText([]byte(s.Speaker)) == nil {
			number[s.Speaker], taken[int(n)] = int(n), true
		}
	}
	next := 1
	for _, s := range lines {
		if _, ok := number[s.Speaker]; ok {
			continue
		}
		for taken[next] {
			next++
		}
		number[s.Speaker], taken[next] = next, true
		others = append(others, s.Speaker)
	}
	return number, others
}

func samples(seconds float64) int64 { return int64(math.Round(seconds * event.Rate)) }

// FromEvents makes timelines of events as lines of JSON: the latest run of each stream, in
// the order in which streams appear. name stands for r in errors. lost is called with an
// error for each hole in the events.
func FromEvents(r io.Reader, name string, lost func(error)) ([]*event.Timeline, error) {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, maxLine)
	latest := map[string]*event.Timeline{}
	var runs event.Runs
	var streams []string
	for line := 1; scanner.Scan(); line++ {
		if len(bytes.TrimSpace(scanner.Bytes())) == 0 {
			continue
		}
		e, err := event.Decode(scanner.Bytes())
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, line, err)
		}
		t, ok := latest[e.Stream]
		if !ok {
			t = event.NewPartialTimeline() // of no run yet
			streams = append(streams, e.Stream)
		}
		switch {
		case runs.Later(e, t.Run()):
			t = event.NewPartialTimeline()
			latest[e.Stream] = t
		case e.Run != t.Run(): // an earlier run
			continue
		}
		err = t.Apply(e)
		if errors.Is(err, event.ErrHole) {
			lost(fmt.Errorf("%s:%d: %w", name, line, err))
			t.Skip(e)
			err = t.Apply(e)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, line, err)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var all []*event.Timeline
	for _, s := range streams {
		all = append(all, latest[s])
	}
	return all, nil
}

// maxLine is the length of the longest event that is read, in bytes.
const maxLine = 1 << 20
