package ffmpeg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"testing"
	"testing/iotest"

	"github.com/seed-7adb9000/diarizer/capture/internal/pcmtest"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// element is a Matroska element; data of nil stands for a size that is not known.
func element(id uint32, data []byte) []byte {
	b := bytes.TrimLeft(binary.BigEndian.AppendUint32(nil, id), "\x00")
	if data == nil {
		return append(b, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF)
	}
	b = append(b, 0x08|byte(len(data)>>32), byte(len(data)>>24), byte(len(data)>>16), byte(len(data)>>8), byte(len(data)))
	return append(b, data...)
}

// stream is a track at 1000 Hz with blocks of 100 frames of the given value at times
// in milliseconds, which are moved ahead as a Process does it.
func stream(channels int, times ...int64) []byte {
	b := element(0x1A45DFA3, []byte{0x42, 0x86, 0x81, 0x01})
	b = append(b, element(idSegment, nil)...)
	b = append(b, element(idInfo, element(idScale, []byte{0x0F, 0x42, 0x40}))...)
	audio := element(idFrequency, binary.BigEndian.AppendUint64(nil, math.Float64bits(1000)))
	audio = append(audio, element(idChannels, []byte{byte(channels)})...)
	b = append(b, element(idTracks, element(idTrack, append([]byte{0xD7, 0x81, 0x01}, element(idAudio, audio)...)))...)
	for i, ms := range times {
		b = append(b, element(idCluster, nil)...)
		b = append(b, element(idTime, binary.BigEndian.AppendUint64(nil, uint64(ms+ahead.Milliseconds())))...)
		b = append(b, element(0xEC, make([]byte, 5))...) // nothing
		block := []byte{0x81, 0, 0, 0x80}
		for range 100 * channels {
			block = binary.LittleEndian.AppendUint32(block, math.Float32bits(float32(i+1)/100))
		}
		if i%2 == 0 {
			b = append(b, element(idSimpleBlock, block)...)
		} else {
			b = append(b, element(idBlockGroup, element(idBlock, block))...)
		}
	}
	return b
}

func TestReader(t *testing.T) {
	for name, c := range map[string]struct {
		times []int64
		want  []int64 // where blocks lie, -1 for an error
		warns bool
	}{
		"continuous":       {[]int64{0, 100, 200}, []int64{0, 100, 200}, false},
		"rounded":          {[]int64{0, 101, 199}, []int64{0, 100, 200}, false},
		"hole":             {[]int64{0, 100, 20200}, []int64{0, 100, 20200}, false},
		"late":             {[]int64{5000, 5100}, []int64{5000, 5100}, false},
		"begins before 0":  {[]int64{-20, 80, 180, 5000}, []int64{0, 100, 200, 5000}, false},
		"a year":           {[]int64{0, 365 * 86400e3, 365*86400e3 + 100}, []int64{0, 100, 200}, true},
		"beyond all times": {[]int64{0, math.MaxInt64 - 200000}, []int64{0, 100}, true},
	} {
		for _, channels := range []int{1, 2, 6} {
			r, err := NewReader(iotest.HalfReader(bytes.NewReader(stream(channels, c.times...))))
			if err != nil {
				t.Fatal(err)
			}
			f := r.Format()
			got, err := pcmtest.ReadAll(r, 37)
			if err != nil || f.Rate != 1000 || f.Channels != channels || (r.Warning() != nil) != c.warns {
				t.Fatalf("%s: %v, %v, %v", name, f, err, r.Warning())
			}
			for i, at := range c.want {
				if int(at+100)*channels > len(got) {
					t.Fatalf("%s: %d samples of %d channels", name, len(got), channels)
				}
				for _, x := range got[int(at)*channels : int(at+100)*channels] {
					if x != float32(i+1)/100 {
						t.Fatalf("%s: block %d is not at %d", name, i, at)
					}
				}
			}
		}
	}
}

func TestReaderRefuses(t *testing.T) {
	good := stream(1, 0)
	for name, b := range map[string][]byte{
		"nothing":     nil,
		"no Matroska": []byte("\x00\x00\x00\x00"),
		"no tracks":   append(element(idSegment, nil), element(idSimpleBlock, make([]byte, 100))...),
		"laced":       bytes.Replace(good, []byte{0x81, 0, 0, 0x80}, []byte{0x81, 0, 0, 0x82}, 1),
		"cut off":     good[:60],
	} {
		if _, err := NewReader(bytes.NewReader(b)); err == nil || name != "nothing" && name != "cut off" && !errors.Is(err, pcm.ErrDamaged) && !errors.Is(err, pcm.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewReader(bytes.NewReader(stream(1))); err != io.EOF {
		t.Errorf("no block: %v", err)
	}
}

// FuzzReader: reading any bytes ends, and every sample is a number.
func FuzzReader(f *testing.F) {
	f.Add(stream(1, 0, 100, 5000))
	f.Add(stream(2, -3000, 1<<40, 7))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := NewReader(bytes.NewReader(b))
		if err != nil {
			return
		}
		buf := make([]float32, 4*pcm.MaxChannels)
		for {
			n, err := r.Read(buf)
			if err != nil {
				return
			}
			if n == 0 || r.Gap() < 0 {
				t.Fatal("no frames and no error, or a gap below 0")
			}
			for _, x := range buf[:n*r.Format().Channels] {
				if x-x != 0 {
					t.Fatalf("sample %g", x)
				}
			}
		}
	})
}

// TestSaid reads messages of ffmpeg.
func TestSaid(t *testing.T) {
	for name, c := range map[string]struct {
		text      string
		complaint string
		tracks    int
		none      bool
	}{
		"nothing": {"", "", 0, false},
		"two tracks": {"[info] Input #0, mov, from 'file:x':\n[info]   Stream #0:0[0x1](und): Video: h264\n[info]   Stream #0:1[0x2](und): Audio: aac\n" +
			"[info]   Stream #0:2: Audio: opus\n[info] Stream mapping:\n[info]   Stream #0:1 -> #0:0 (aac -> pcm)\n[info] Output #0, matroska, to 'pipe:1':\n[info]   Stream #0:0: Audio: pcm_f32le\n", "", 2, false},
		"a title that looks like one": {"[info]     title           : Stream #0:9: Audio: aac\n", "", 0, false},
		"what is wrong and what follows": {"[mov @ 0x55] [error] moov atom not found\n[error] file:x: Invalid data found when processing input\n" +
			"[error] Error opening input files: Invalid data\n", "moov atom not found", 0, false},
		"only what follows": {"[error] file:a: b: No such file or directory\n", "No such file or directory", 0, false},
		"two errors":        {"[a @ 0x1] [error] one\n[b @ 0x2] [error] two\n", "two", 0, false},
		"no such track":     {"[fatal] Stream map '0:a:3' matches no streams.\nTo ignore this, add a trailing '?' to the map.\n", "Stream map '0:a:3' matches no streams.", 0, true},
		"a very long line":  {"[error] " + string(bytes.Repeat([]byte("x"), 1<<20)) + "\n[error] y\n", "y", 0, false},
	} {
		for _, n := range []int{1, 7, 1 << 22} {
			var s said
			for b := []byte(c.text); len(b) > 0; {
				k, err := s.Write(b[:min(n, len(b))])
				if err != nil {
					t.Fatal(err)
				}
				b = b[k:]
			}
			if s.complaint() != c.complaint || s.soundTracks() != c.tracks || s.noTrack() != c.none || cap(s.line) > 4*longestLine {
				t.Errorf("%s: %q, %d, %v, %d bytes", name, s.complaint(), s.soundTracks(), s.noTrack(), cap(s.line))
			}
		}
	}
}
