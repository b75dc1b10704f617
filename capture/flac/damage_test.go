package flac

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/capture/internal/pcmtest"
	"github.com/seed-7adb9000/diarizer/capture/internal/sound"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

// read decodes a file, silence in its gaps.
func read(t interface{ Fatal(...any) }, file []byte) ([]float32, *Reader, error) {
	r, err := NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	got, err := pcmtest.ReadAll(r, 700)
	return got, r, err
}

// TestMain drops the line about 24 kHz that the library logs for every frame that it encodes.
func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}

// files are some 20 frames of noise and a tone, by our encoder and by the reference encoder, which numbers frames
// in another way.
func files(t *testing.T) map[string][]byte {
	x := sound.Sine(16000, 440, 20000)
	for i := range x {
		x[i] += float32(i*i%97) / 970
	}
	all := map[string][]byte{
		"ours":           sound.FLAC(16000, 1, 16, x, true),
		"without length": sound.FLAC(16000, 1, 16, x, false),
		"24 kHz":         sound.FLAC(24000, 1, 16, x, true), // whose checksum is verified here
	}
	cmd := exec.Command(needs.Tool(t, "flac"), "-s", "-b", "1024", "-c", "-")
	cmd.Stdin = bytes.NewReader(sound.WAV{Data: sound.S16(x...)}.Bytes())
	var err error
	if all["theirs"], err = cmd.Output(); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestDamagedFrame: a flipped bit costs its frame and nothing else. Later frames keep their positions.
func TestDamagedFrame(t *testing.T) {
	const block = 1024
	for name, file := range files(t) {
		want, r, err := read(t, file)
		if err != nil || r.Warning() != nil {
			t.Fatal(err, r.Warning())
		}
		begin := bytes.Index(file, []byte{0xFF, 0xF8})
		if v := bytes.Index(file, []byte{0xFF, 0xF9}); begin < 0 || v >= 0 && v < begin {
			begin = v
		}
		rapid.Check(t, func(t *rapid.T) {
			bad := slices.Clone(file)
			at := rapid.IntRange(begin, len(bad)*9/10).Draw(t, "byte")
			bad[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			got, r, err := read(t, bad)
			if err != nil || len(got) != len(want) || !errors.Is(r.Warning(), pcm.ErrDamaged) {
				t.Fatalf("%s: %d samples for %d, %v, %v", name, len(got), len(want), err, r.Warning())
			}
			for from := 0; from < len(want); from += block {
				to := min(from+block, len(want))
				if !slices.Equal(got[from:to], want[from:to]) && !slices.Equal(got[from:to], make([]float32, to-from)) {
					t.Fatalf("%s: samples from %d on are others", name, from)
				}
			}
			if n := float64(block) / float64(r.Format().Rate); r.damage.lost > n+1e-9 {
				t.Fatalf("%s: a bit lost %.3f s, a frame has %.3f", name, r.damage.lost, n)
			}
		})
	}
}

// frames are where the frames of a file begin.
func frames(file []byte) (at []int) {
	for i := 42; i < len(file); i++ {
		if h, ok := parseHead(file[i:]); ok && h.rate == 16000 {
			at = append(at, i)
		}
	}
	return at
}

// TestOtherDamage: missing or added bytes cost the frames that contain them. All others keep their times.
func TestOtherDamage(t *testing.T) {
	for name, file := range files(t) {
		if name == "24 kHz" {
			continue
		}
		want, _, err := read(t, file)
		if err != nil {
			t.Fatal(err)
		}
		at := frames(file)
		if len(at) < 19 {
			t.Fatalf("%d frames", len(at))
		}
		silence := func(from, to int) []float32 {
			x := slices.Clone(want)
			clear(x[1024*from : 1024*to])
			return x
		}
		zeros, junk := make([]byte, 100000), bytes.Repeat([]byte("no sound"), 1000)
		for what, c := range map[string]struct {
			file []byte
			want []float32
		}{
			"a frame missing":     {slices.Delete(slices.Clone(file), at[5], at[6]), silence(5, 6)},
			"three frames":        {slices.Delete(slices.Clone(file), at[5], at[8]), silence(5, 8)},
			"half a frame":        {slices.Delete(slices.Clone(file), at[5], at[6]-50), silence(5, 6)},
			"the first frame":     {slices.Delete(slices.Clone(file), at[0]+20, at[1]), silence(0, 1)},
			"the head of a frame": {slices.Delete(slices.Clone(file), at[5], at[5]+1), silence(5, 6)},
			"zeros in between":    {slices.Insert(slices.Clone(file), at[5], zeros...), want},
			"junk in between":     {slices.Insert(slices.Clone(file), at[5], junk...), want},
			"junk in a frame":     {slices.Insert(slices.Clone(file), at[5]+100, junk...), silence(5, 6)},
			"zeros over frames":   {slices.Replace(slices.Clone(file), at[5]+9, at[9], make([]byte, at[9]-at[5]-9)...), silence(5, 9)},
		} {
			got, r, err := read(t, c.file)
			if err != nil || !slices.Equal(got, c.want) || !errors.Is(r.Warning(), pcm.ErrDamaged) {
				t.Errorf("%s, %s: %d samples for %d, %v, %v", name, what, len(got), len(c.want), err, r.Warning())
			}
			t.Logf("%s, %s: %v", name, what, r.Warning())
		}
	}
}

// TestBehindTheEnd: bytes after the stated end are read if they are sound.
func TestBehindTheEnd(t *testing.T) {
	a, b := sound.Sine(16000, 440, 3000), sound.Sine(16000, 700, 2000)
	one, two := sound.FLAC(16000, 1, 16, a, true), sound.FLAC(16000, 1, 16, b, true)
	other := sound.FLAC(44100, 2, 24, b, false)
	id3v1 := append([]byte("TAG"), make([]byte, 125)...)
	id3v2 := append([]byte("ID3\x04\x00\x00\x00\x00\x01\x00"), bytes.Repeat([]byte{0xFF, 0xF8}, 64)...)
	short := slices.Clone(one)
	short[25] = 100 // of 3000 samples
	short[24] = 0
	for name, c := range map[string]struct {
		file   []byte
		frames int
		warned error
	}{
		"announced too little":          {short, 3000, nil},
		"another recording":             {slices.Concat(one, two), 5000, nil},
		"another format":                {slices.Concat(one, other, two), 6000, nil},
		"tags in between":               {slices.Concat(one, id3v1, id3v2, two), 5000, nil},
		"junk behind":                   {slices.Concat(one, bytes.Repeat([]byte("no sound"), 30)), 3000, nil},
		"the first cut off":             {slices.Concat(one[:len(one)-9], two), 2048 + 2000, pcm.ErrTruncated},
		"a broken recording behind":     {slices.Concat(one, []byte("fLaC, that is")), 3000, pcm.ErrDamaged},
		"another behind a broken one":   {slices.Concat(one, []byte("fLaC, that is"), two), 5000, pcm.ErrDamaged},
		"cut out of a longer recording": {slices.Concat(one[:42], one[frames(one)[1]:]), 3000 - 1024, pcm.ErrTruncated},
	} {
		r, err := NewReader(bytes.NewReader(c.file))
		if err != nil {
			t.Fatal(err)
		}
		buf, n := make([]float32, 1400), 0
		for err == nil {
			var k int
			k, err = r.Read(buf)
			n += k + int(r.Gap())
		}
		if err != io.EOF || n != c.frames || c.warned == nil && r.Warning() != nil || c.warned != nil && !errors.Is(r.Warning(), c.warned) {
			t.Errorf("%s: %d samples, want %d, %v, %v", name, n, c.frames, err, r.Warning())
		}
	}
}

// TestVainWorkIsBounded: the work for bytes that look like the beginning of a frame everywhere is bounded.
func TestVainWorkIsBounded(t *testing.T) {
	file := sound.FLAC(16000, 1, 16, sound.Sine(16000, 440, 3000), true)
	// A header of a frame of 65,535 samples that are not compressed, and a shorter
	// one whose samples never end.
	file[10], file[11] = 0xFF, 0xFF // the size of the largest frame
	for _, rest := range [][]byte{{0x02}, {0x12}, {0x42, 0, 0}} {
		head := []byte{0xFF, 0xF8, 7<<4 | 5, 4 << 1, 9, 0xFF, 0xFE}
		head = append(head, crc8(head))
		if _, ok := parseHead(append(slices.Clone(head), 0)); !ok {
			t.Fatal("no header")
		}
		bomb := bytes.Repeat(append(head, rest...), 400000)
		bomb = append(bomb, make([]byte, 6<<20)...)
		_, r, err := read(t, slices.Concat(file, bomb))
		if d := r.damage; d.tried > r.decoded+vainly*d.skipped+vainlyOnce+longestFrame+1<<17 {
			t.Errorf("% x: %d bytes decoded in vain where %d were skipped", rest, d.tried, d.skipped)
		}
		t.Log(fmt.Sprintf("% x", rest), r.damage.tried, r.damage.skipped, err, r.Warning())
		if cap(r.w.buf) > 4*longestFrame {
			t.Errorf("% x: %d bytes kept", rest, cap(r.w.buf))
		}
	}
}
