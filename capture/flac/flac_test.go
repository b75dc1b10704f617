package flac

import (
	"bytes"
	"errors"
	"io"
	"log"
	"math"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/seed-7adb9000/diarizer/capture/internal/pcmtest"
	"github.com/seed-7adb9000/diarizer/capture/internal/sound"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

// readAll decodes everything, with reads of n frames.
func TestDecode(t *testing.T) {
	for _, rate := range []int{8000, 16000, 22050, 24000, 44100, 48000, 96000, 176400, 44056} {
		for _, ch := range []int{1, 2, 5} {
			for _, bits := range []int{8, 16, 24} {
				for _, told := range []bool{true, false} {
					want := sound.Sine(rate, 440, 3000*ch)
					r, err := NewReader(bytes.NewReader(sound.FLAC(rate, ch, bits, want, told)))
					if err != nil {
						t.Fatal(err)
					}
					got, err := pcmtest.ReadAll(r, 700)
					if err != nil || r.Warning() != nil || len(got) != len(want) {
						t.Fatalf("%v: %d samples, %v, %v", r.Format(), len(got), err, r.Warning())
					}
					for i := range got {
						if math.Abs(float64(got[i]-want[i])) > 2/float64(int(1)<<(bits-1)) {
							t.Fatalf("%v: sample %d is %g, want %g", r.Format(), i, got[i], want[i])
						}
					}
					f := r.Format()
					if f.Rate != rate || f.Channels != ch || (f.Frames == 3000) != told || (f.Frames == -1) == told {
						t.Errorf("%v, %d frames", f, f.Frames)
					}
				}
			}
		}
	}
}

// TestAgainstReference compares with the reference encoder's input, for what
// our own fixtures lack: prediction, decorrelated stereo, odd sample sizes.
func TestAgainstReference(t *testing.T) {
	needs.Tool(t, "flac")
	for _, bits := range []int{8, 12, 16, 20, 24, 32} {
		for _, ch := range []int{1, 2} {
			width := (bits + 7) / 8
			var raw []byte
			var want []float32
			for i := range 20000 * ch {
				// Loud and nearly equal channels, so that the encoder makes differences of them.
				x := math.Sin(float64(i/ch)/20)*.9 + math.Sin(float64(i)*1.7)*.05
				v := int64(math.Round(x * float64(int64(1)<<(bits-1)-1)))
				want = append(want, float32(v)/float32(int64(1)<<(bits-1)))
				v <<= 8*width - bits
				if width == 1 {
					v += 128
				}
				for k := range width {
					raw = append(raw, byte(v>>(8*k)))
				}
			}
			cmd := exec.Command(needs.Tool(t, "flac"), "-s", "-8", "-c", "-")
			cmd.Stdin = bytes.NewReader(sound.WAV{Rate: 24000, Channels: ch, Bits: 8 * width, Valid: bits, Extensible: bits > 8, Data: raw}.Bytes())
			file, err := cmd.Output()
			if err != nil {
				t.Fatalf("%d bits, %d channels: flac: %v", bits, ch, err)
			}
			r, err := NewReader(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			got, err := pcmtest.ReadAll(r, 1000)
			if errors.Is(err, pcm.ErrUnsupported) && bits == 32 && ch == 2 {
				t.Logf("32 bit stereo: %v", err)
				continue
			}
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%d bits, %d channels: differs (%d and %d samples, %v)", bits, ch, len(got), len(want), err)
			}
		}
	}
}

// TestLibraryStaysSilent: the library does not log its line for every frame of 24 kHz.
func TestLibraryStaysSilent(t *testing.T) {
	var said strings.Builder
	defer log.SetOutput(log.Writer())
	log.SetOutput(&said)
	for _, rate := range []int{24000, 176400} {
		file := sound.FLAC(rate, 1, 16, sound.Sine(rate, 440, 5000), true)
		r, err := NewReader(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		said.Reset() // of what the encoder said
		if _, err := pcmtest.ReadAll(r, 1000); err != nil {
			t.Error(err)
		}
		if said.Len() > 0 {
			t.Errorf("%d Hz: %s", rate, said.String())
		}
		// With the checksum verified here, damage must be noticed here.
		for at := 60; at < len(file); at += 97 {
			bad := slices.Clone(file)
			bad[at] ^= 4
			r, err := NewReader(bytes.NewReader(bad))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := pcmtest.ReadAll(r, 1000); err == nil && r.Warning() == nil {
				t.Errorf("%d Hz: a wrong bit in byte %d of %d goes unnoticed (%d samples)", rate, at, len(file), len(got))
			}
		}
	}
}

func TestTruncated(t *testing.T) {
	whole := sound.FLAC(16000, 1, 16, sound.Sine(16000, 440, 3000), true)
	for cut := 0; cut < len(whole); cut += 13 {
		r, err := NewReader(bytes.NewReader(whole[:cut]))
		if err != nil {
			if !errors.Is(err, pcm.ErrTruncated) {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			continue
		}
		got, err := pcmtest.ReadAll(r, 100)
		if err != nil || !errors.Is(r.Warning(), pcm.ErrTruncated) || len(got)%1024 != 0 {
			t.Fatalf("cut at %d: %d samples, %v, warning %v", cut, len(got), err, r.Warning())
		}
	}
}

func TestRefused(t *testing.T) {
	good := sound.FLAC(16000, 1, 16, sound.Sine(16000, 440, 3000), true)
	for name, edit := range map[string]func(b []byte) []byte{
		"garbage after the magic":   func(b []byte) []byte { return append([]byte("fLaC"), bytes.Repeat([]byte{0xA5}, 500)...) },
		"zeros after the magic":     func(b []byte) []byte { return append([]byte("fLaC"), make([]byte, 500)...) },
		"no stream info first":      func(b []byte) []byte { b[4] = 0x84; return b },
		"stream info of wrong size": func(b []byte) []byte { b[7] = 33; return b },
		"rate 0":                    func(b []byte) []byte { b[18], b[19], b[20] = 0, 0, b[20]&15; return b },
		"not FLAC":                  func(b []byte) []byte { b[0] = 'g'; return b },
	} {
		_, err := NewReader(bytes.NewReader(edit(slices.Clone(good))))
		if !errors.Is(err, pcm.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTagAtTheEnd(t *testing.T) {
	for _, told := range []bool{true, false} {
		b := append(sound.FLAC(16000, 1, 16, sound.Sine(16000, 440, 3000), told), append([]byte("TAG"), make([]byte, 125)...)...)
		r, err := NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := pcmtest.ReadAll(r, 100); err != nil || len(got) != 3000 || r.Warning() != nil {
			t.Errorf("%d samples, %v, %v", len(got), err, r.Warning())
		}
	}
}

func TestReadSizesChangeNothing(t *testing.T) {
	file := sound.FLAC(44100, 2, 16, sound.Sine(44100, 440, 2*2500), true)
	pcmtest.PortionsChangeNothing(t, 1500, func() (pcm.Reader, error) { return NewReader(iotest.HalfReader(bytes.NewReader(file))) })
}

// FuzzReader: reading any bytes ends without a panic.
func FuzzReader(f *testing.F) {
	s := sound.Sine(16000, 440, 100)
	f.Add(sound.FLAC(16000, 1, 16, s, true))
	f.Add(sound.FLAC(44100, 2, 8, s, false))
	f.Add(sound.FLAC(24000, 1, 24, s, true))
	f.Add(sound.FLAC(16000, 1, 16, s, true)[:90])
	if flac := needs.Optional(f, "flac"); flac != "" {
		cmd := exec.Command(flac, "-s", "-8", "--force-raw-format", "--endian=little", "--sign=signed",
			"--sample-rate=16000", "--bps=16", "--channels=2", "-c", "-")
		cmd.Stdin = bytes.NewReader(sound.S16(sound.Sine(16000, 440, 400)...))
		if b, err := cmd.Output(); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := NewReader(bytes.NewReader(b))
		if err != nil {
			return
		}
		ch := r.Format().Channels
		buf := make([]float32, 500*ch)
		for {
			n, err := r.Read(buf)
			if err != nil {
				break
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
	for _, c := range []struct {
		name     string
		rate, ch int
	}{{"mono_16k", 16000, 1}, {"stereo_44k1", 44100, 2}, {"mono_24k", 24000, 1}} {
		b.Run(c.name, func(b *testing.B) {
			raw := sound.S16(sound.Sine(c.rate, 440, c.rate*c.ch)...)
			for i := range raw { // noise in the low bits, as real sound has
				if i%2 == 0 {
					raw[i] ^= byte(i * i >> 3)
				}
			}
			cmd := exec.Command(needs.Tool(b, "flac"), "-s", "--force-raw-format", "--endian=little", "--sign=signed",
				"--sample-rate="+strconv.Itoa(c.rate), "--bps=16", "--channels="+strconv.Itoa(c.ch), "-c", "-")
			cmd.Stdin = bytes.NewReader(raw)
			file, err := cmd.Output()
			if err != nil {
				b.Fatal(err)
			}
			buf := make([]float32, 2048)
			b.ReportAllocs()
			for b.Loop() {
				r, err := NewReader(bytes.NewReader(file))
				for err == nil {
					_, err = r.Read(buf)
				}
				if err != io.EOF {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/s-audio")
		})
	}
}
