package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/internal/web/page"
	"github.com/seed-7adb9000/diarizer/publish"
)

// ended is an output with a page, in a new directory, whose only stream is over. Its files
// are still to be written.
func ended(t *testing.T, files ...string) (o *output, said *strings.Builder) {
	t.Helper()
	t.Chdir(t.TempDir())
	said = &strings.Builder{}
	o = &output{files: newResults(io.Discard, io.Discard, false, true), stderr: said, bar: newProgress(io.Discard, true), page: &livePage{hub: page.NewHub()}}
	o.print = func(event.Event) error { return nil }
	if err := o.files.out("--out", files, false); err != nil {
		t.Fatal(err)
	}
	events := endedEvents()
	late := o.remember(events[0].Stream)
	tl := &event.Timeline{}
	for _, e := range events {
		o.files.event(e)
		if err := errors.Join(late(e), tl.Apply(e), o.page.hub.Event(e)); err != nil {
			t.Fatal(err)
		}
	}
	o.timelines = append(o.timelines, tl)
	return o, said
}

// endedEvents are the events of the stream that is over.
func endedEvents() []event.Event { return meeting.Events(meeting.Options{Seed: 1, Turns: 10}) }

// nameLate names the first speaker after the end.
func nameLate(t *testing.T, o *output, name string) error {
	t.Helper()
	_, news, note, err := o.correctLate(t.Context(), o.timelines[0].Stream(), correct.Correction{Action: correct.Rename, Speaker: 1, Name: name})
	if len(news) != 1 {
		t.Fatalf("%s: %d events, %v", name, len(news), err)
	}
	o.warn(note)
	return err
}

// holdsEvents fails the test if a file does not have every event of a run once.
func holdsEvents(t *testing.T, path string, last uint64) {
	t.Helper()
	data := read(t, path)
	n := uint64(0)
	for line := range strings.Lines(data) {
		n++
		if e, err := event.Decode([]byte(line)); err != nil || e.Seq != n {
			t.Fatalf("%s, line %d: event %d, %v", path, n, e.Seq, err)
		}
	}
	if n != last {
		t.Errorf("%s ends with event %d, expected %d", path, n, last)
	}
}

// away makes a file unwritable until the function that it returns is called.
func away(t *testing.T, path string) (back func()) {
	t.Helper()
	if err := errors.Join(os.Rename(path, path+".away"), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := errors.Join(os.Remove(path), os.Rename(path+".away", path)); err != nil {
			t.Fatal(err)
		}
	}
}

// A correction after the end that could not be written is in the files with the next
// correction, and with the end of the command if there is no other.
func TestCorrectionThatCouldNotBeWritten(t *testing.T) {
	for _, again := range []bool{true, false} {
		t.Run(fmt.Sprint("another correction ", again), func(t *testing.T) {
			o, _ := ended(t, "a.jsonl", "a.csv")
			if err := o.write(t.Context()); err != nil {
				t.Fatal(err)
			}
			n := o.timelines[0].Seq()
			backEvents, backTurns := away(t, "a.jsonl"), away(t, "a.csv")
			if err := nameLate(t, o, "Ada"); err == nil {
				t.Error("a directory was written")
			}
			backEvents()
			backTurns()
			last, name := n+1, "Ada"
			if again {
				last, name = n+2, "Grace"
				if err := nameLate(t, o, name); err != nil {
					t.Error(err)
				}
			} else if err := o.catchUp(t.Context()); err != nil {
				t.Error(err)
			}
			holdsEvents(t, "a.jsonl", last)
			if got := read(t, "a.csv"); !strings.Contains(got, name) {
				t.Errorf("%s is not in %s", name, got)
			}
		})
	}
}

// A file that cannot be written again as a whole stays as it is, and no part is left beside it.
func TestRewriteThatFailsHalfway(t *testing.T) {
	o, _ := ended(t, "a.csv")
	if err := o.write(t.Context()); err != nil {
		t.Fatal(err)
	}
	before, full := read(t, "a.csv"), errors.New("the disk is full")
	_, err := o.files.again(o.files.final[0].File, func(w io.Writer) error {
		_, err := io.WriteString(w, "half")
		return errors.Join(err, full)
	})
	if !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	if got := files(t); !slices.Equal(got, []string{"a.csv"}) || read(t, "a.csv") != before {
		t.Errorf("files %v", got)
	}
}

// A correction of a stream that is over, made before the files are written because other
// streams go on, is in the file of events too.
func TestCorrectionBeforeTheFilesAreWritten(t *testing.T) {
	o, _ := ended(t, "a.jsonl")
	if err := nameLate(t, o, "Ada"); err != nil {
		t.Fatal(err)
	}
	if err := o.write(t.Context()); err != nil {
		t.Fatal(err)
	}
	holdsEvents(t, "a.jsonl", o.timelines[0].Seq())
}

// A correction of another program, which a correction here finds, is in the files even if the
// correction here is refused.
func TestRefusedCorrectionFindsAnother(t *testing.T) {
	o, _ := ended(t, "a.jsonl")
	nc := natstest.New(t)
	err := publish.EnsureStream(t.Context(), nc, publish.StreamOptions{})
	if err = errors.Join(err, publish.Append(t.Context(), nc, 0, endedEvents()...), o.write(t.Context())); err != nil {
		t.Fatal(err)
	}
	o.nc = nc
	n, stream := o.timelines[0].Seq(), o.timelines[0].Stream()
	if _, _, err := correct.After(t.Context(), nc, stream, correct.Correction{Action: correct.Rename, Speaker: 1, Name: "Ada"}, nil); err != nil {
		t.Fatal(err)
	}
	_, news, _, err := o.correctLate(t.Context(), stream, correct.Correction{Action: correct.Rename, Speaker: 99, Name: "Bob"})
	if !errors.Is(err, correct.ErrRefused) || len(news) != 1 {
		t.Errorf("%d events, %v", len(news), err)
	}
	holdsEvents(t, "a.jsonl", n+1)
}

// A file that another program has changed since its command has written it is kept under
// another name when a correction writes it again, and a line says so.
func TestFileChangedBeforeCorrection(t *testing.T) {
	o, said := ended(t, "a.jsonl", "a.csv", "b.csv")
	if err := o.write(t.Context()); err != nil {
		t.Fatal(err)
	}
	writeFile(t, "a.csv", []byte("notes"))
	before := read(t, "a.jsonl")
	last := before[strings.LastIndex(strings.TrimRight(before, "\n"), "\n")+1:]
	spaced := strings.TrimSuffix(before, last) + strings.ReplaceAll(strings.TrimRight(last, "\n"), ",", ", ")
	writeFile(t, "a.jsonl", []byte(spaced))
	for _, name := range []string{"Ada", "Grace"} { // the second correction finds its own files
		if err := nameLate(t, o, name); err != nil {
			t.Error(err)
		}
	}
	if got := read(t, "a.csv"); read(t, "a.csv.1") != "notes" || !strings.Contains(got, "Grace") {
		t.Errorf("%s", got)
	}
	if read(t, "a.jsonl.1") != spaced {
		t.Error("a.jsonl.1 has another content")
	}
	holdsEvents(t, "a.jsonl", o.timelines[0].Seq())
	if got, want := files(t), []string{"a.csv", "a.csv.1", "a.jsonl", "a.jsonl.1", "b.csv"}; !slices.Equal(got, want) {
		t.Errorf("files %v, expected %v", got, want)
	}
	if got := said.String(); strings.Count(got, "what was in it is a.csv.1 now\n") != 1 || strings.Count(got, "\n") != 2 {
		t.Errorf("said %q", got)
	}
}

// A file of events to which another program has added events, or of which it has removed
// some, stays as it is.
func TestEventsChangedBeforeCorrection(t *testing.T) {
	for what, change := range map[string]func(lines []string, next string) []string{
		"another event of the same number": func(lines []string, next string) []string { return append(lines, next) },
		"the last event gone":              func(lines []string, _ string) []string { return lines[:len(lines)-1] },
		"no events":                        func([]string, string) []string { return nil },
		"no event at the end":              func(lines []string, _ string) []string { return append(lines, "notes\n") },
	} {
		t.Run(what, func(t *testing.T) {
			o, _ := ended(t, "a.jsonl")
			if err := o.write(t.Context()); err != nil {
				t.Fatal(err)
			}
			before, n := read(t, "a.jsonl"), o.timelines[0].Seq()
			next := fmt.Sprintf(`{"stream":"meeting","run":%q,"seq":%d,"kind":"marked"}`+"\n", o.timelines[0].Run(), n+1)
			changed := strings.Join(change(slices.Collect(strings.Lines(before)), next), "")
			writeFile(t, "a.jsonl", []byte(changed))
			if err := nameLate(t, o, "Ada"); err == nil || !strings.Contains(err.Error(), "corrected a.jsonl: another program has changed it") {
				t.Errorf("%v", err)
			}
			if got := read(t, "a.jsonl"); got != changed {
				t.Errorf("it ends with %s", got[max(0, len(got)-300):])
			}
			writeFile(t, "a.jsonl", []byte(before))
			if err := o.catchUp(t.Context()); err != nil {
				t.Error(err)
			}
			holdsEvents(t, "a.jsonl", n+1)
		})
	}
}
