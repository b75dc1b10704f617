package publish

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// TestJournalOfAnEarlierVersion holds that the journal of an earlier version of the program, which was
// killed, is read and published to its end.
func TestJournalOfAnEarlierVersion(t *testing.T) {
	const hello, standup = "01a221e07785-bc70d39db7", "01a221e077c8-a62d37f11f"
	dir := t.TempDir()
	from := os.DirFS(filepath.Join("testdata", "journal-1"))
	if err := os.CopyFS(dir, from); err != nil {
		t.Fatal(err)
	}
	want := []Kept{
		{Stream: "hello", Run: hello, Acked: 12, Size: size(t, from, hello), Ended: true},
		{Stream: "standup", Run: standup, Acked: 13, Waiting: 11, Size: size(t, from, standup)},
	}
	runs, err := Journals(dir)
	if err != nil || len(runs) != len(want) {
		t.Fatalf("%+v, %v; expected %d runs", runs, err, len(want))
	}
	for i, run := range runs {
		if run != want[i] {
			t.Errorf("run %d is %+v, expected %+v", i, run, want[i])
		}
	}

	s := serve(t, natsd.Options{})
	n, err := FlushJournals(patient(t), dial(t, s.URL()), dir, PublisherOptions{OnError: func(err error) { t.Error(err) }})
	if err != nil || n != 12 {
		t.Fatalf("%d events published, %v; expected the 11 that waited and an end", n, err)
	}
	messages := stored(t, s.URL(), func(m Message) bool { return m.Kind == event.StreamEnded })
	for i, m := range messages {
		if m.Run != standup || m.Seq != uint64(14+i) {
			t.Errorf("message %d is event %d of run %s, expected %d of %s", i, m.Seq, m.Run, 14+i, standup)
		}
	}
	if len(messages) != 12 || messages[11].End == nil || messages[11].End.Reason != event.Failed {
		t.Errorf("%d messages, the last %+v; expected 12 that say in the end that the run failed", len(messages), messages[len(messages)-1].Event)
	}
	if first := messages[0]; first.Kind != event.SpeakerAdded || first.At != 101760 || first.Speaker != 2 {
		t.Errorf("the first is %+v, expected that a second speaker was added at sample 101760", first.Event)
	}
}

// size is the size of a run's records in a directory, in bytes.
func size(t *testing.T, dir fs.FS, run string) int64 {
	t.Helper()
	info, err := fs.Stat(dir, run+".journal")
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
