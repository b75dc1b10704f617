package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/cli"
)

// The recording of --record has its final name when it is complete. Otherwise, its name says
// that it is a part.
func TestRecordIsNamedWhenItIsComplete(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "m.flac", []byte("of yesterday"))
	for _, c := range []struct {
		failed bool
		err    error
		want   []string
	}{
		{false, nil, []string{"m.flac", "m.flac.1"}},
		{false, errors.Join(cli.ErrQuit), []string{"m.flac", "m.flac.1"}}, // ended in the terminal's view; the recording is the same
		{false, errors.New("the device is gone"), []string{"m.flac", "m.flac.1", "m.partial.flac"}},
		{true, nil, []string{"m.flac", "m.flac.1", "m.partial-2.flac", "m.partial.flac"}},
	} {
		k, err := newKeeper(newResults(io.Discard, io.Discard, false, false), "m.flac")
		if err != nil {
			t.Fatal(err)
		}
		src, err := k.record(&quietSource{blocks: 3}, func(error) {})
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = src.Next(t.Context())
		}
		k.failed = c.failed
		if err := src.Close(); err != nil {
			t.Fatal(err)
		}
		if err := k.close(t.Context(), c.err); c.failed != (err != nil) || err != nil && cli.Status(err) != exitOutput {
			t.Errorf("%+v: %v", c, err)
		}
		if got := files(t); !slices.Equal(got, c.want) {
			t.Errorf("%+v: files %v", c, got)
		}
	}
	if k, err := newKeeper(&results{}, ""); k != nil || err != nil {
		t.Errorf("%v, %v", k, err)
	}
}

// quietSource yields so many blocks of silence.
type quietSource struct{ blocks, at int }

func (q *quietSource) Next(context.Context) (capture.Block, error) {
	if q.at == q.blocks {
		return capture.Block{}, io.EOF
	}
	q.at++
	return capture.Block{Start: int64(q.at-1) * capture.DefaultBlockSize, Samples: make([]float32, capture.DefaultBlockSize)}, nil
}

func (q *quietSource) Close() error { return nil }
