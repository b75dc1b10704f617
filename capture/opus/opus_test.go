package opus

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"testing/iotest"

	"github.com/seed-7adb9000/diarizer/capture/internal/pcmtest"
	"github.com/seed-7adb9000/diarizer/capture/internal/sound"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

// voice is something like speech: a buzz of changing pitch, with pauses.
func voice(rate, n int) []float32 {
	s := make([]float32, n)
	phase := 0.0
	for i := range s {
		t := float64(i) / float64(rate)
		phase += 2 * math.Pi * (130 + 40*math.Sin(3*t)) / float64(rate)
		x := 0.0
		for k := 1.0; k <= 20; k++ {
			x += math.Sin(k*phase) / k
		}
		if math.Mod(t, 1.3) > 1 {
			x = 0
		}
		s[i] = float32(x / 6)
	}
	return s
}

// encode runs opusenc.
func encode(t testing.TB, rate, ch int, samples []float32, args ...string) []byte {
	t.Helper()
	program := needs.Tool(t, "opusenc")
	cmd := exec.Command(program, append(append([]string{"--quiet"}, args...), "-", "-")...)
	cmd.Stdin = bytes.NewReader(sound.WAV{Rate: rate, Channels: ch, Data: sound.S16(samples...)}.Bytes())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("opusenc %v: %v", args, err)
	}
	return out
}

// reference runs opusdec, at 48 kHz.
func reference(t testing.TB, file []byte) []float32 {
	t.Helper()
	program := needs.Tool(t, "opusdec")
	in, out := filepath.Join(t.TempDir(), "in"), filepath.Join(t.TempDir(), "out.wav")
	if err := os.WriteFile(in, file, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command(program, "--quiet", "--float", "--rate", "48000", in, out).CombinedOutput(); err != nil {
		t.Fatalf("opusdec: %v: %s", err, said)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	b = b[bytes.Index(b, []byte("data"))+8:]
	var s []float32
	for len(b) >= 4 {
		s = append(s, math.Float32frombits(binary.LittleEndian.Uint32(b)))
		b = b[4:]
	}
	return s
}

func open(t testing.TB, b []byte, file bool) *Reader {
	t.Helper()
	var at io.ReaderAt
	if file {
		at = bytes.NewReader(b)
	}
	r, err := NewReader(bytes.NewReader(b), at, int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAgainstReference(t *testing.T) {
	for _, c := range []struct {
		rate, ch int
		args     []string
	}{
		{16000, 1, []string{"--bitrate", "12", "--speech"}},
		{16000, 1, []string{"--bitrate", "24"}},
		{8000, 1, []string{"--bitrate", "8", "--speech"}},
		{48000, 1, []string{"--bitrate", "32", "--speech"}},
		{48000, 1, []string{"--bitrate", "64", "--music"}},
		{48000, 2, []string{"--bitrate", "96"}},
		{44100, 2, []string{"--bitrate", "24", "--speech"}},
		{48000, 1, []string{"--framesize", "60", "--bitrate", "16", "--speech"}},
		{48000, 1, []string{"--framesize", "2.5", "--bitrate", "64"}},
		{48000, 1, []string{"--framesize", "10", "--hard-cbr", "--bitrate", "40"}},
		{24000, 1, []string{"--bitrate", "20", "--max-delay", "1000"}},
	} {
		samples := voice(c.rate, c.rate*3/2)
		if c.ch == 2 {
			var both []float32
			for i, x := range samples {
				both = append(both, x, samples[max(0, i-c.rate/1000)]*.5)
			}
			samples = both
		}
		file := encode(t, c.rate, c.ch, samples, c.args...)
		want := reference(t, file)
		r := open(t, file, true)
		got, err := pcmtest.ReadAll(r, 1000)
		if err != nil || r.Warning() != nil || len(got) != len(want) || r.Format().Frames != int64(len(want)/c.ch) {
			t.Errorf("%v: %d samples for %d, %d foretold, %v, %v", c, len(got), len(want), r.Format().Frames, err, r.Warning())
			continue
		}
		db := pcmtest.SNR(got, want)
		t.Logf("%v: %.1f dB", c, db)
		if db < 40 {
			t.Errorf("%v: %.1f dB", c, db)
		}
	}
}

// TestLostPages: the sound of a damaged page becomes silence of the same length.
func TestLostPages(t *testing.T) {
	file := encode(t, 48000, 1, voice(48000, 48000*5/2), "--max-delay", "500", "--bitrate", "24")
	whole, err := pcmtest.ReadAll(open(t, file, false), 960)
	if err != nil {
		t.Fatal(err)
	}
	var starts []int
	for at := 0; at < len(file); {
		n := bytes.Index(file[at:], []byte("OggS"))
		if n < 0 {
			break
		}
		starts = append(starts, at+n)
		at += n + 4
	}
	if len(starts) < 6 {
		t.Fatalf("%d pages", len(starts))
	}
	for i, at := range starts[2 : len(starts)-1] {
		bad := slices.Clone(file)
		bad[at+100] ^= 1
		r := open(t, bad, true)
		got, err := pcmtest.ReadAll(r, 960)
		if err != nil || len(got) != len(whole) || !errors.Is(r.Warning(), pcm.ErrDamaged) {
			t.Errorf("page %d: %d samples for %d, %v, %v", i+2, len(got), len(whole), err, r.Warning())
			continue
		}
		if r.Format().Frames != int64(len(whole)) && i > 0 {
			t.Errorf("page %d: %d frames foretold, %d are there", i+2, r.Format().Frames, len(whole))
		}
		// Long after the loss the decoder has caught up.
		if db := pcmtest.SNR(got[len(got)-48000/2:], whole[len(got)-48000/2:]); i < 3 && db < 20 {
			t.Errorf("page %d: %.1f dB at the end", i+2, db)
		}
	}
}

func TestTruncated(t *testing.T) {
	file := encode(t, 16000, 1, voice(16000, 16000*3/2), "--max-delay", "300")
	for cut := 0; cut < len(file); cut += 401 {
		b := file[:cut]
		r, err := NewReader(bytes.NewReader(b), bytes.NewReader(b), int64(cut))
		if err != nil {
			if !errors.Is(err, pcm.ErrTruncated) {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			continue
		}
		if _, err := pcmtest.ReadAll(r, 960); err != nil || !errors.Is(r.Warning(), pcm.ErrTruncated) {
			t.Fatalf("cut at %d: %v, %v", cut, err, r.Warning())
		}
	}
}

// TestChained: radio stations put one stream after another.
func TestChained(t *testing.T) {
	a := encode(t, 16000, 1, voice(16000, 16000), "--serial", "1")
	b := encode(t, 16000, 1, voice(16000, 24000), "--serial", "2")
	r := open(t, append(slices.Clone(a), b...), false)
	got, err := pcmtest.ReadAll(r, 960)
	if err != nil || len(got) != 48000+72000 || r.Warning() != nil {
		t.Errorf("%d samples, %v, %v", len(got), err, r.Warning())
	}
}

func TestRefused(t *testing.T) {
	var five []float32
	for range 4800 {
		five = append(five, 0, 0, 0, 0, 0)
	}
	file := encode(t, 48000, 5, five)
	if _, err := NewReader(bytes.NewReader(file), nil, 0); !errors.Is(err, pcm.ErrUnsupported) {
		t.Error(err)
	}
	if _, err := NewReader(bytes.NewReader(bytes.Repeat([]byte("OggS"), 1000)), nil, 0); !errors.Is(err, pcm.ErrTruncated) {
		t.Error(err)
	}
}

func TestReadSizesChangeNothing(t *testing.T) {
	file := encode(t, 48000, 2, voice(48000, 48000))
	pcmtest.PortionsChangeNothing(t, 3000, func() (pcm.Reader, error) { return NewReader(iotest.HalfReader(bytes.NewReader(file)), nil, 0) })
}

// TestJunkBetweenPages is skipped, as RFC 3533 wants it.
func TestJunkBetweenPages(t *testing.T) {
	file := encode(t, 16000, 1, voice(16000, 16000), "--max-delay", "200")
	want, err := pcmtest.ReadAll(open(t, file, false), 960)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(file, []byte("OggS"))
	got, err := pcmtest.ReadAll(open(t, slices.Insert(slices.Clone(file), at, []byte("Ogg junk OggS more of it")...), false), 960)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%d samples for %d, %v", len(got), len(want), err)
	}
}

// repair fixes the checksums of damaged pages, so that what lies behind them is
// reached.
func repair(b []byte) {
	sums := newPageReader(bytes.NewReader(nil))
	for at := 0; at+pageHeaderLen < len(b); at++ {
		n := pageHeaderLen + int(b[at+26])
		if string(b[at:at+4]) != "OggS" || at+n > len(b) {
			continue
		}
		for _, s := range b[at+pageHeaderLen : at+n] {
			n += int(s)
		}
		if at+n <= len(b) {
			binary.LittleEndian.PutUint32(b[at+22:], sums.checksum(b[at:at+n]))
		}
	}
}

// FuzzReader damages everything but checksums.
func FuzzReader(f *testing.F) {
	needs.Tool(f, "opusenc")
	f.Add(encode(f, 16000, 1, voice(16000, 3000), "--bitrate", "8"))
	f.Add(encode(f, 48000, 2, voice(48000, 5000), "--max-delay", "100"))
	f.Fuzz(func(t *testing.T, b []byte) {
		repair(b)
		r, err := NewReader(bytes.NewReader(b), bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		ch := r.Format().Channels
		buf := make([]float32, 5000*ch)
		for range 10000 {
			n, err := r.Read(buf)
			if err != nil {
				return
			}
			if n == 0 {
				t.Fatal("no frames and no error")
			}
			for _, x := range buf[:n*ch] {
				if x-x != 0 {
					t.Fatalf("sample %g", x)
				}
			}
		}
	})
}

func BenchmarkReader(b *testing.B) {
	for _, c := range []struct{ rate, ch, kbit int }{{16000, 1, 16}, {48000, 1, 32}, {48000, 2, 96}} {
		b.Run(strconv.Itoa(c.kbit)+"kbit", func(b *testing.B) {
			file := encode(b, c.rate, c.ch, voice(c.rate, c.rate*c.ch*10), "--bitrate", strconv.Itoa(c.kbit))
			buf := make([]float32, 2048)
			b.ReportAllocs()
			for b.Loop() {
				r, err := NewReader(bytes.NewReader(file), nil, 0)
				for err == nil {
					_, err = r.Read(buf)
				}
				if err != io.EOF {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10, "ns/s-audio")
		})
	}
}
