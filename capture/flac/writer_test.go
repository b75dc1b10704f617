package flac

import (
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

// readBack decodes a file and returns its samples and whether its header tells
// their number.
func readBack(t interface{ Fatal(...any) }, path string) (samples []float32, told bool) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]float32, 1000)
	for {
		n, err := r.Read(buf)
		samples = append(samples, buf[:n]...)
		if err == io.EOF {
			if w := r.Warning(); w != nil {
				t.Fatal(w)
			}
			return samples, r.Format().Frames == int64(len(samples))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestWriter: samples that were written in any pieces are read back to half a bit. At any moment, all but the last
// block can be read, although the file is not closed.
func TestWriter(t *testing.T) {
	dir := t.TempDir()
	flac := needs.Optional(t, "flac")
	check := func(t *rapid.T, path string) {
		if flac == "" {
			return
		}
		if out, err := exec.Command(flac, "--silent", "--test", path).CombinedOutput(); err != nil {
			t.Fatalf("flac --test: %v: %s", err, out)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		path := filepath.Join(dir, "x.flac")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		w, err := NewWriter(f, 16000)
		if err != nil {
			t.Fatal(err)
		}
		loud := rapid.SampledFrom([]float64{0, .001, .3, 1, 1.5}).Draw(t, "loudness")
		noise := rapid.Uint32().Draw(t, "noise")
		var all []float32
		for range rapid.IntRange(0, 8).Draw(t, "pieces") {
			piece := make([]float32, rapid.IntRange(0, 6000).Draw(t, "length"))
			for i := range piece {
				noise = noise*1664525 + 1013904223
				piece[i] = float32(loud * (.7*math.Sin(float64(len(all)+i)*.05) + .3*float64(int32(noise))/(1<<31)))
			}
			if err := w.Write(piece); err != nil {
				t.Fatal(err)
			}
			all = append(all, piece...)
		}
		same := func(got []float32) {
			for i, x := range got {
				want := max(-1, min(float32(math.MaxInt16)/(1<<15), all[i]))
				if d := x - want; d > .51/(1<<15) || d < -.51/(1<<15) {
					t.Fatalf("sample %d is %g, want %g", i, x, want)
				}
			}
		}
		crashed, _ := readBack(t, path)
		if missing := len(all) - len(crashed); missing < 0 || missing >= WriterBlock {
			t.Fatalf("%d of %d samples without Close", len(crashed), len(all))
		}
		same(crashed)
		if len(crashed) > 0 {
			check(t, path)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got, told := readBack(t, path)
		if len(got) != len(all) || len(all) > 0 && !told {
			t.Fatalf("%d of %d samples, told %v", len(got), len(all), told)
		}
		same(got)
		if len(got) > 0 {
			check(t, path)
		}
	})
}

func TestWriterFails(t *testing.T) {
	if _, err := NewWriter(nil, 0); err == nil {
		t.Error("0 Hz accepted")
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "x.flac"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewWriter(f, 16000)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if err := w.Write(make([]float32, 2*WriterBlock)); err == nil {
		t.Error("written to a closed file")
	}
	if err := w.Close(); err == nil {
		t.Error("closed as if nothing were wrong")
	}
}

// TestWriterAllocates: memory does not grow with the written samples.
func TestWriterAllocates(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "x.flac"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewWriter(f, 16000)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	block := make([]float32, WriterBlock)
	for i := range block {
		block[i] = float32(math.Sin(float64(i) * .1))
	}
	w.Write(block)
	before := w.buf.Cap()
	for range 200 {
		w.Write(block)
	}
	if w.buf.Cap() > 2*before || w.buf.Len() > 0 || cap(w.block) != WriterBlock {
		t.Errorf("%d bytes after %d", w.buf.Cap(), before)
	}
}
