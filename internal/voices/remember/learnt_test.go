package remember

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
)

// What was kept of a stream is told when it was kept, with what was kept before the stream went on.
// Of a stream that could not begin again, nothing is known.
func TestLearntOfAStreamThatGoesOn(t *testing.T) {
	m, _, err := modelfile.Embedded(modelfile.Light)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "voices.json")
	k := New(path, m, nil, func(string) {})
	frames := map[event.Speaker]float64{}
	told := 0
	k.WhenKept(func(stream string) {
		told++
		all, of, ok := k.Learnt(stream)
		if !ok || of.Fingerprint() != m.Fingerprint() {
			t.Errorf("%s is not known", stream)
		}
		clear(frames)
		for who, sp := range all {
			frames[who] = sp.Stats.N
		}
	})
	if _, err := k.Begin("a", m); err != nil {
		t.Fatal(err)
	}
	before := heard(m)
	k.GoOn("a", map[event.Speaker]enroll.Speaker{1: {Name: "Ada", Stats: before[1]}, 3: {Name: "Lise", Stats: before[2]}})
	k.Heard("a", heard(m), unchanged)
	if told != 0 {
		t.Errorf("told %d times that nothing was kept", told)
	}
	for range 2 { // the second is refused
		_, _ = k.Keep("a", Wish{Speaker: 1, Name: "Ada", Expires: time.Now().AddDate(1, 0, 0)})
	}
	if told != 1 || len(frames) != 2 || frames[1] != 4000 || frames[3] != 40 || before[1].N != 2000 {
		t.Errorf("told %d times, the last time of %v", told, frames)
	}
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Begin("a", m); err == nil {
		t.Error("a file that cannot be read is read")
	}
	if all, _, ok := k.Learnt("a"); ok {
		t.Errorf("of the stream that did not begin, %d voices are known", len(all))
	}
}
