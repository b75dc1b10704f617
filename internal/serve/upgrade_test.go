package serve

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/pipeline"
)

// TestCheckpointOfAnotherVersion holds that a checkpoint of an earlier version, or of the next one, is
// refused with a sentence that names both versions.
func TestCheckpointOfAnotherVersion(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	f, err := newFollower("s", cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	good := f.snapshot()
	if _, err := resume("s", cfg, nil, good); err != nil {
		t.Fatal(err)
	}
	for _, version := range []uint16{0, 1, checkpointVersion - 1, checkpointVersion + 1} {
		bad := append([]byte(nil), good...)
		binary.LittleEndian.PutUint16(bad, version)
		want := fmt.Sprintf("version %d, this program reads version %d", version, checkpointVersion)
		if _, err := resume("s", cfg, nil, bad); !errors.Is(err, pipeline.ErrSnapshot) || !strings.Contains(err.Error(), want) {
			t.Errorf("version %d: %v, expected it refused: %s", version, err, want)
		}
	}
}
