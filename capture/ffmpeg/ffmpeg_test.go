package ffmpeg_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/capture/ffmpeg"
	"github.com/seed-7adb9000/diarizer/capture/internal/sound"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func Example() {
	p, err := ffmpeg.Start(ffmpeg.Source{Path: "talk.m4a"})
	if errors.Is(err, ffmpeg.ErrNotInstalled) {
		fmt.Println(err, "-", ffmpeg.InstallHint)
		return
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close()
	sound, err := ffmpeg.NewReader(p)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sound.Format())
}

func need(t *testing.T) {
	t.Helper()
	needs.Tool(t, "ffmpeg")
}

func TestFailureSaysWhat(t *testing.T) {
	need(t)
	p, err := ffmpeg.Start(ffmpeg.Source{Stdin: strings.NewReader("this is no sound")})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	_, err = io.ReadAll(p)
	if !errors.Is(err, pcm.ErrDamaged) || !strings.Contains(err.Error(), "ffmpeg says") || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
}

func TestCloseEarly(t *testing.T) {
	need(t)
	p, err := ffmpeg.Start(ffmpeg.Source{Stdin: bytes.NewReader(sound.WAV{Data: make([]byte, 20<<20)}.Bytes())})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(p, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestNotInstalled(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := ffmpeg.Start(ffmpeg.Source{Path: "x"}); !errors.Is(err, ffmpeg.ErrNotInstalled) {
		t.Error(err)
	}
}
