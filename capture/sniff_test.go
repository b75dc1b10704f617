package capture

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture/internal/sound"
)

func TestIsRecording(t *testing.T) {
	s := sound.Sine(16000, 440, 800)
	wav := sound.WAV{Data: sound.S16(s...)}.Bytes()
	for _, c := range []struct {
		name string
		b    []byte
		want bool
	}{
		{"a WAV file", wav, true},
		{"FLAC by another name", sound.FLAC(16000, 1, 16, s, true), true},
		{"a tag before", append([]byte("ID3\x04\x00\x00\x00\x00\x00\x02zz"), wav...), true},
		{"for ffmpeg", []byte("\x00\x00\x00\x20ftypM4A \x00\x00\x02\x00"), true},
		{"MP3", []byte{0xFF, 0xFB, 0x90, 0x64, 0, 0, 0, 0}, true},
		{"text", []byte("SPEAKER a 1 0 1\n"), false},
		{"UTF-16", []byte("\xff\xfeh\x00e\x00l\x00l\x00o\x00"), false},
		{"a picture", []byte("\x89PNG\r\n\x1a\n"), false},
		{"nothing known", []byte{1, 2, 3, 4, 250}, false},
		{"empty", nil, false},
	} {
		if got, err := IsRecording(write(t, "x", c.b)); err != nil || got != c.want {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
	if _, err := IsRecording(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
}
