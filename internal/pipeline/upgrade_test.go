package pipeline

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/online"
)

// TestSnapshotOfAnotherVersion holds that a snapshot of any earlier version, and of
// the next one, is refused with a sentence that names both versions, whatever its
// state is, and that what this version writes begins as its header in testdata does.
func TestSnapshotOfAnotherVersion(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "snapshots", "header-*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("headers in testdata: %v, %v", files, err)
	}
	cfg := Config{Model: anyModel(1)}
	s := newStream(t, cfg)
	s.Push(voices(2), func(online.Event) {})
	now := s.AppendSnapshot(nil)
	current := false
	for _, file := range files {
		header, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var version int
		if _, err := fmt.Sscanf(filepath.Base(file), "header-%d", &version); err != nil || len(header) != headerSize {
			t.Fatalf("%s: %v, %d bytes, expected %d", file, err, len(header), headerSize)
		}
		if version == SnapshotVersion {
			current = true
			if layout := headerSize - 4 - fingerprintSize; !bytes.Equal(now[:layout], header[:layout]) {
				t.Errorf("a snapshot begins with % x, %s with % x", now[:layout], file, header[:layout])
			}
			continue
		}
		refused(t, cfg, header, now[headerSize:], version)
	}
	if !current {
		t.Errorf("no header of version %d in testdata: add the first %d bytes of a snapshot", SnapshotVersion, headerSize)
	}
	next := bytes.Clone(now[:headerSize])
	binary.LittleEndian.PutUint16(next[len(snapshotMagic):], SnapshotVersion+1)
	refused(t, cfg, next, now[headerSize:], SnapshotVersion+1)
}

// refused restores a state behind another version's header, the checksum put right.
func refused(t *testing.T, cfg Config, header, state []byte, version int) {
	t.Helper()
	b := append(bytes.Clone(header), state[:len(state)-sumSize]...)
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	_, err := RestoreStream(cfg, b)
	want := fmt.Sprintf("version %d, this program reads version %d", version, SnapshotVersion)
	if !errors.Is(err, ErrSnapshot) || !strings.Contains(err.Error(), want) {
		t.Errorf("version %d: %v, expected it refused: %s", version, err, want)
	}
}
