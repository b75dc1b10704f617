package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
)

// loop repeats some seconds of raw samples. It calls minute after each minute that was read.
type loop struct {
	samples []byte
	at      int
	left    int
	read    int
	minute  func(n int)
}

const bytesPerMinute = 60 * 2 * capture.Rate

func (l *loop) Read(b []byte) (int, error) {
	if l.left == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), l.left)], l.samples[l.at:])
	l.at = (l.at + n) % len(l.samples)
	l.left -= n
	before := l.read / bytesPerMinute
	if l.read += n; l.read/bytesPerMinute > before {
		l.minute(l.read / bytesPerMinute)
	}
	return n, nil
}

// resident is the resident memory of this process in MiB, 0 where the system does not tell.
func resident() (mib int) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &mib); err == nil {
			return mib >> 10
		}
	}
	return 0
}

// TestSoak replays four hours at full speed. After the first minutes, memory grows by nothing
// but the turns, which the RTTM needs.
func TestSoak(t *testing.T) {
	soak(t, modelfile.Light, 240, "off", 2<<10)
}

// TestSoakAccurate replays 36 minutes through the network.
func TestSoakAccurate(t *testing.T) {
	soak(t, modelfile.Accurate, 36, "off", 4<<10)
}

// TestSoakWithServer replays an hour over the server that is part of the
// program, which holds blocks of 8 MiB for what it stores, two of them at a time.
func TestSoakWithServer(t *testing.T) {
	soak(t, modelfile.Light, 60, "embedded", 18<<10)
}

// soak replays the demo again and again for that many minutes of sound. After the first
// twelfth, which is whole minutes, the heap may grow by allowed KiB and 2 KiB for each turn.
func soak(t *testing.T, model string, minutes int, server string, allowed int) {
	if os.Getenv("DIARIZER_SOAK") == "" {
		t.Skip("takes minutes: make soak")
	}
	type point struct{ minutes, heap, rss int }
	var points []point
	in := &loop{samples: natsaudio.AppendS16(nil, demoSamples(t, 70)), left: minutes * bytesPerMinute}
	in.minute = func(n int) {
		if n%(minutes/12) != 0 {
			return
		}
		debug.FreeOSMemory()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		p := point{n, int(m.HeapAlloc >> 10), resident()}
		points = append(points, p)
		t.Logf("after %d min: heap %d KiB, resident %d MiB", p.minutes, p.heap, p.rss)
	}
	out := filepath.Join(t.TempDir(), "out.rttm")
	began := time.Now()
	status := run(t.Context(), []string{"replay", "--model", model, "--nats", server, "--speed", "max", "--raw", "s16le:16000:1", "--rttm", out, "-"}, in, io.Discard, io.Discard)
	if status != 0 {
		t.Fatalf("status %d", status)
	}
	_, turns := readRTTM(t, out)
	n := strings.Count(turns["stdin"], "\n")
	t.Logf("%d turns in %v", n, time.Since(began).Round(time.Second))
	if n < 3*minutes || len(points) != 12 {
		t.Fatalf("%d turns, %d points", n, len(points))
	}
	first, last := points[0], points[len(points)-1]
	if allowed += 2 * n; last.heap > first.heap+allowed {
		t.Errorf("the heap grew from %d to %d KiB, expected %d more at most", first.heap, last.heap, allowed)
	}
	if last.rss > first.rss+48 {
		t.Errorf("resident memory grew from %d to %d MiB", first.rss, last.rss)
	}
}
