package capture

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

// blocks is a source of given blocks.
type blocks struct {
	all    []Block
	closed bool
}

func (b *blocks) Next(ctx context.Context) (Block, error) {
	if len(b.all) == 0 {
		return Block{}, io.EOF
	}
	next := b.all[0]
	b.all = b.all[1:]
	return next, ctx.Err()
}

func (b *blocks) Close() error {
	b.closed = true
	return nil
}

// TestRecorder: the file has the sound at its time, and silence in gaps.
func TestRecorder(t *testing.T) {
	sound := func(start int64, n int) Block {
		b := Block{Start: start, Samples: make([]float32, n)}
		for i := range b.Samples {
			b.Samples[i] = .25
		}
		return b
	}
	src := &blocks{all: []Block{sound(0, 320), sound(320, 100), {Start: 1000}, sound(20000, 320)}}
	path := filepath.Join(t.TempDir(), "x.flac")
	r, err := Record(src, path, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for {
		b, err := r.Next(context.Background())
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		n += len(b.Samples)
	}
	if err := r.Close(); err != nil || !src.closed || n != 740 {
		t.Fatalf("%v, %d samples, closed %v", err, n, src.closed)
	}
	rec, err := Open(context.Background(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := drain(t, rec)
	if err != nil || len(got) != 20320 {
		t.Fatalf("%d samples, %v", len(got), err)
	}
	for i, x := range got {
		want := 0.
		if i < 420 || i >= 20000 {
			want = .25
		}
		if math.Abs(float64(x)-want) > 1e-4 {
			t.Fatalf("sample %d is %g, want %g", i, x, want)
		}
	}
	if _, err := Record(src, path, nil); !errors.Is(err, os.ErrExist) || !strings.Contains(err.Error(), "another") {
		t.Error(err)
	}
	if _, err := Record(src, filepath.Join(t.TempDir(), "no", "x.flac"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestRecorderLongGap: a gap takes almost no space, and the end of a run does not wait for its silence.
func TestRecorderLongGap(t *testing.T) {
	const gap = 10 * 60 * Rate
	path := filepath.Join(t.TempDir(), "x.flac")
	bad := Block{Start: gap, Samples: []float32{float32(math.NaN()), 0.25, float32(math.Inf(-1)), math.MaxFloat32}}
	r, err := Record(&blocks{all: []Block{bad, {Start: 1 << 40}}}, path, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(context.Background()); err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.Next(over); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() > 100_000 {
		t.Errorf("%d bytes for ten minutes of silence, %v", info.Size(), err)
	}
	rec, err := Open(context.Background(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := drain(t, rec)
	if err != nil || len(got) != gap+4 {
		t.Fatalf("%d samples, %v; expected %d", len(got), err, gap+4)
	}
	if tail := got[gap:]; tail[0] != 0 || tail[1] != 0.25 || tail[2] != 0 || tail[3] != 0 {
		t.Errorf("%v behind the gap, expected silence for what is no sound", tail)
	}
}

// TestRecorderFullDisk: the stream goes on when the recording cannot.
func TestRecorderFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		needs.Missing(t, "no /dev/full here")
	}
	src := &blocks{}
	for i := range 100 {
		src.all = append(src.all, Block{Start: int64(i) * 320, Samples: make([]float32, 320)})
	}
	var said []error
	r, err := Record(src, filepath.Join(t.TempDir(), "x.flac"), func(err error) { said = append(said, err) })
	if err != nil {
		t.Fatal(err)
	}
	// From now on every write finds the disk full.
	r.f.Close()
	*r.f = *full
	n := 0
	for {
		if _, err := r.Next(context.Background()); err != nil {
			break
		}
		n++
	}
	if err := r.Close(); err != nil || n != 100 || len(said) != 1 || !strings.Contains(said[0].Error(), "recording ends after") {
		t.Errorf("%d blocks, %v, said %v", n, err, said)
	}
}

// TestRecorderDoesNotHoldSoundUp: sound after a gap comes at once, however long the silence takes
// that is written for the gap. The end does not wait for that silence for ever.
func TestRecorderDoesNotHoldSoundUp(t *testing.T) {
	sound := Block{Start: 1 << 40, Samples: make([]float32, 320)} // two years
	later := Block{Start: sound.End(), Samples: make([]float32, 320)}
	var said []error
	r, err := Record(&blocks{all: []Block{sound, later, later}}, filepath.Join(t.TempDir(), "x.flac"), func(err error) { said = append(said, err) })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	heard := make(chan error)
	next := func() {
		_, err := r.Next(ctx)
		heard <- err
	}
	for range 2 {
		go next()
		select {
		case err := <-heard:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("the sound waits for the silence before it")
		}
	}
	// What waits in memory is bounded.
	r.mu.Lock()
	r.most = 1
	r.mu.Unlock()
	go next()
	select {
	case <-heard:
		t.Error("there is no bound on the sound that waits")
	case <-time.After(50 * time.Millisecond):
		cancel()
		<-heard
	}
	r.within = 0
	if err := r.Close(); err != nil || len(said) != 1 || !errors.Is(said[0], errGap) {
		t.Errorf("%v, said %v", err, said)
	}
	if err := r.Close(); err != nil || len(said) != 1 {
		t.Errorf("closed again: %v, said %v", err, said)
	}
}
