package capture

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture/internal/sound"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

// TestOnlyTheGivenFile: a file that tells ffmpeg to read others, whatever it is
// called and however it is made to look, gives nothing of them.
func TestOnlyTheGivenFile(t *testing.T) {
	program := needs.Tool(t, "ffmpeg")
	dir := t.TempDir()
	secret := sound.WAV{Rate: 48000, Data: sound.S16(sound.Sine(48000, 440, 48000)...)}.Bytes()
	if err := os.WriteFile(filepath.Join(dir, "secret.wav"), secret, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command(program, "-loglevel", "error", "-i", filepath.Join(dir, "secret.wav"), filepath.Join(dir, "secret.ts")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	const (
		noText = "\xff\xfe\x01" // so that it does not read as text
		hls    = "#EXTM3U\n# " + noText + "\n#EXT-X-TARGETDURATION:10\n#EXTINF:1,\n"
		concat = "ffconcat version 1.0\n# " + noText + "\n"
	)
	lists := map[string]string{
		"hls":            hls + "secret.ts\n#EXT-X-ENDLIST\n",
		"hls, absolute":  hls + dir + "/secret.ts\n#EXT-X-ENDLIST\n",
		"hls, file:":     hls + "file:" + dir + "/secret.ts\n#EXT-X-ENDLIST\n",
		"concat":         concat + "file secret.wav\n",
		"concat of file": concat + "file file:" + dir + "/secret.wav\n",
		"DASH": `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S"><!-- ` + noText +
			` --><Period><AdaptationSet contentType="audio" mimeType="audio/mp4"><Representation id="1" bandwidth="1"><BaseURL>secret.ts</BaseURL></Representation></AdaptationSet></Period></MPD>`,
		"SDP":       "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=" + noText + "\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
		"subtitles": "# VobSub index file, v7 " + noText + "\ntimestamp: 00:00:00:000, filepos: 000000000\n",
	}
	for name, list := range lists {
		for _, before := range []string{"", "ID3\x04\x00\x00\x00\x00\x00\x0a0123456789"} {
			for _, file := range []string{"x.m3u8", "x.wav", "x.idx"} {
				path := filepath.Join(dir, file)
				if err := os.WriteFile(path, []byte(before+list), 0o600); err != nil {
					t.Fatal(err)
				}
				var got []float32
				rec, err := Open(context.Background(), path, Options{})
				if err == nil {
					got, err = drain(t, rec)
				}
				if len(got) > 0 || !errors.Is(err, pcm.ErrUnsupported) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%s in %s: %d samples of another file, %v", name, file, len(got), err)
				}
			}
			rec, err := OpenReader(context.Background(), bytes.NewReader([]byte(before+list)), "pipe", Options{})
			if err == nil {
				rec.Close()
				t.Errorf("%s through a pipe was opened", name)
			}
		}
	}
}

// TestIndexBehind: the error for a file that cannot be read through a pipe says what can be done.
func TestIndexBehind(t *testing.T) {
	wav := sound.WAV{Rate: 48000, Data: sound.S16(sound.Sine(48000, 440, 48000)...)}.Bytes()
	for name, c := range map[string]struct {
		args  []string
		fails bool
	}{
		"a.m4a": {nil, true},
		"b.mov": {nil, true},
		"c.mp4": {[]string{"-movflags", "+faststart"}, false},
		"d.m4a": {[]string{"-movflags", "+frag_keyframe+empty_moov"}, false},
	} {
		b, err := os.ReadFile(encode(t, wav, name, c.args...))
		if err != nil {
			t.Fatal(err)
		}
		rec, err := OpenReader(context.Background(), bytes.NewReader(b), "pipe", Options{})
		if c.fails {
			if err == nil || !strings.Contains(err.Error(), "index comes after the sound; name the file itself") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, err := drain(t, rec); err != nil || len(got) < Rate*9/10 {
			t.Errorf("%s: %d samples, %v", name, len(got), err)
		}
	}
	// Without the box that files begin with since 2001.
	old := append([]byte("\x00\x00\x00\x08wide\x00\x00\x10\x00mdat"), make([]byte, 4096)...)
	if _, err := OpenReader(context.Background(), bytes.NewReader(old), "pipe", Options{}); err == nil || !strings.Contains(err.Error(), "index comes after") {
		t.Error(err)
	}
}
