package capture

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture/internal/sound"
)

func TestParseChannel(t *testing.T) {
	for s, want := range map[string]Channel{"mix": Mix, "each": Each, "1": 1, "12": 12} {
		if got, err := ParseChannel(s); err != nil || got != want || got.String() != s {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "0", "-1", "left", "1000", "Mix"} {
		if _, err := ParseChannel(s); err == nil {
			t.Errorf("%q accepted", s)
		}
	}
}

// call is a two-channel recording with another tone on each side.
func call(n int) (wav []byte, left, right []float32) {
	left, right = sound.Sine(8000, 300, n), sound.Sine(8000, 500, n)
	var both []float32
	for i := range left {
		both = append(both, left[i], right[i])
	}
	return sound.WAV{Rate: 8000, Channels: 2, Data: sound.S16(both...)}.Bytes(), left, right
}

func TestEachChannel(t *testing.T) {
	wav, left, right := call(40000)
	ctx := context.Background()
	sources := map[string]func() ([]*Recording, error){
		"file": func() ([]*Recording, error) {
			return OpenAll(ctx, write(t, "x", wav), Options{Channel: Each})
		},
		"pipe": func() ([]*Recording, error) {
			return OpenReaderAll(ctx, bytes.NewReader(wav), "pipe", Options{Channel: Each})
		},
	}
	for name, src := range sources {
		recs, err := src()
		if err != nil || len(recs) != 2 {
			t.Fatalf("%s: %d, %v", name, len(recs), err)
		}
		got := make([][]float32, 2)
		errs := make([]error, 2)
		var wg sync.WaitGroup
		for i, rec := range recs {
			wg.Go(func() { got[i], errs[i] = drain(t, rec) })
		}
		wg.Wait()
		for i, side := range [][]float32{left, right} {
			// What one channel of the file alone gives.
			one, err := OpenReader(ctx, bytes.NewReader(sound.WAV{Rate: 8000, Data: sound.S16(side...)}.Bytes()), "one", Options{})
			if err != nil {
				t.Fatal(err)
			}
			want, err := drain(t, one)
			if err != nil || errs[i] != nil || !slices.Equal(got[i], want) {
				t.Errorf("%s, channel %d: %d samples for %d, %v, %v", name, i+1, len(got[i]), len(want), errs[i], err)
			}
			if recs[i].Channel() != Channel(i+1) {
				t.Errorf("%s: channel %v", name, recs[i].Channel())
			}
		}
	}
}

func TestEachOfOneFile(t *testing.T) {
	wav, _, _ := call(100)
	ctx := context.Background()
	for _, ch := range []Channel{Mix, 2} {
		recs, err := OpenReaderAll(ctx, bytes.NewReader(wav), "pipe", Options{Channel: ch})
		if err != nil || len(recs) != 1 {
			t.Fatal(len(recs), err)
		}
		if _, err := drain(t, recs[0]); err != nil || recs[0].Channel() != ch {
			t.Error(recs[0].Channel(), err)
		}
	}
	if _, err := Open(ctx, write(t, "x", wav), Options{Channel: Each}); err == nil {
		t.Error("Open made one recording of each channel")
	}
}

// TestEachChannelStopped: closing one channel lets the other go on; closing all
// ends a live stream.
func TestEachChannelStopped(t *testing.T) {
	wav, _, right := call(200000)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	recs, err := OpenReaderAll(ctx, bytes.NewReader(wav), "pipe", Options{Channel: Each})
	if err != nil {
		t.Fatal(err)
	}
	if err := recs[0].Close(); err != nil {
		t.Error(err)
	}
	if err := recs[0].Close(); err != nil {
		t.Error("closed twice:", err)
	}
	got, err := drain(t, recs[1])
	if err != nil || len(got) != 2*len(right) {
		t.Errorf("%d samples, %v", len(got), err)
	}

	pr, pw := io.Pipe()
	go pw.Write(wav[:2000])
	recs, err = OpenReaderAll(ctx, pr, "pipe", Options{Channel: Each})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	for _, rec := range recs {
		for err == nil {
			_, err = rec.Next(ctx)
		}
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		rec.Close()
	}
}

func TestParseRaw(t *testing.T) {
	for s, want := range map[string]Raw{
		"s16le:16000:1": {"s16le", 16000, 1},
		"f32be:48000:2": {"f32be", 48000, 2},
		"mulaw:8000":    {"mulaw", 8000, 1},
	} {
		if got, err := ParseRaw(s); err != nil || got != want {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "s16le", "s16:16000:1", "u8le:8000", "alawbe:8000", "s12le:16000", "s16le:0", "s16le:x:1", "s16le:16000:0", "s16le:16000:9999", "s16le:16000:1:1", ":16000:1"} {
		if _, err := ParseRaw(s); err == nil {
			t.Errorf("%q accepted", s)
		} else {
			t.Log(err)
		}
	}
}

func TestRaw(t *testing.T) {
	want := sound.Sine(16000, 440, 2000)
	for _, name := range []string{"u8", "s8", "s16le", "s16be", "s24le", "s24be", "s32le", "s32be", "f32le", "f32be", "f64le", "f64be"} {
		var b []byte
		for _, x := range want {
			var s []byte
			switch name[:2] {
			case "u8":
				s = []byte{byte(int(math.Round(float64(x)*127)) + 128)}
			case "s8":
				s = []byte{byte(int8(math.Round(float64(x) * 127)))}
			case "s1":
				s = binary.LittleEndian.AppendUint16(nil, uint16(int16(math.Round(float64(x)*32767))))
			case "s2":
				s = binary.LittleEndian.AppendUint32(nil, uint32(int32(math.Round(float64(x)*(1<<23-1)))))[:3]
			case "s3":
				s = binary.LittleEndian.AppendUint32(nil, uint32(int32(math.Round(float64(x)*(1<<31-1)))))
			case "f3":
				s = binary.LittleEndian.AppendUint32(nil, math.Float32bits(x))
			case "f6":
				s = binary.LittleEndian.AppendUint64(nil, math.Float64bits(float64(x)))
			}
			if name[len(name)-2:] == "be" {
				slices.Reverse(s)
			}
			b = append(b, s...)
		}
		raw, err := ParseRaw(name + ":16000:1")
		if err != nil {
			t.Fatal(err)
		}
		for _, how := range []string{"pipe", "file"} {
			var rec *Recording
			if how == "pipe" {
				rec, err = OpenReader(context.Background(), bytes.NewReader(b), how, Options{Raw: &raw})
			} else {
				rec, err = Open(context.Background(), write(t, "x", b), Options{Raw: &raw})
			}
			if err != nil {
				t.Fatal(err)
			}
			if n, known := rec.Length(); known != (how == "file") || known && n != 2000 {
				t.Errorf("%s, %s: length %d %v", name, how, n, known)
			}
			got, err := drain(t, rec)
			if err != nil || rec.Warning() != nil || len(got) != 2000 {
				t.Fatalf("%s: %d samples, %v, %v", name, len(got), err, rec.Warning())
			}
			for i := range got {
				if math.Abs(float64(got[i]-want[i])) > .011 {
					t.Fatalf("%s: sample %d is %g, want %g", name, i, got[i], want[i])
				}
			}
		}
	}
}

// FuzzParseRaw: the text of an accepted description is accepted and gives the same description.
func FuzzParseRaw(f *testing.F) {
	for _, s := range []string{"s16le:16000:1", "f64be:8000", "alaw:8000:2", "s16:16000", "u8le:1:1", "::", "s24be:768000:256"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		raw, err := ParseRaw(s)
		if err != nil {
			return
		}
		if again, err := ParseRaw(raw.String()); err != nil || again != raw {
			t.Fatalf("%q: %v, %v, %v", s, raw, again, err)
		}
	})
}
