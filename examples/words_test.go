package examples

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

// samples are the first seconds of the demo as a bridge reads them.
func samples(t *testing.T, seconds int) []byte {
	t.Helper()
	rec, err := capture.OpenReader(t.Context(), demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	var out []byte
	for len(out) < 2*seconds*capture.Rate {
		b, err := rec.Next(t.Context())
		for _, s := range b.Samples {
			v := int16(s * 32767)
			out = append(out, byte(v), byte(v>>8))
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// untilDone is a source whose end comes when a bridge has ended.
type untilDone struct {
	capture.Source
	left int64
	done <-chan struct{}
}

func (s *untilDone) Next(ctx context.Context) (capture.Block, error) {
	if s.left <= 0 {
		<-s.done
		return capture.Block{}, io.EOF
	}
	b, err := s.Source.Next(ctx)
	s.left -= int64(len(b.Samples))
	return b, err
}

// bridge diarizes the first seconds of the demo while a program hears the same.
func bridge(t *testing.T, seconds int, command func(ctx context.Context, address string) *exec.Cmd) *event.Timeline {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	nc := natstest.New(t)
	m, err := modelfile.Eigenvoices()
	if err != nil {
		t.Fatal(err)
	}
	rec, err := capture.OpenReader(ctx, demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	begun, done := make(chan struct{}), make(chan struct{})
	var failed error
	go func() {
		defer close(done)
		<-begun
		cmd := command(ctx, strings.TrimPrefix(nc.ConnectedUrl(), "nats://"))
		cmd.Stdin = bytes.NewReader(samples(t, seconds))
		if out, err := cmd.CombinedOutput(); err != nil {
			failed = errors.Join(err, errors.New(string(out)))
		}
	}()
	tl, err := session.Run(ctx, &untilDone{rec, int64(seconds) * capture.Rate, done}, session.Options{Stream: demo.Name,
		Pipeline: pipeline.Config{Model: m}, NATS: nc, OnEvent: func(e event.Event) error {
			if e.Kind == event.StreamStarted {
				close(begun)
			}
			return nil
		}})
	if err := errors.Join(err, failed); err != nil {
		t.Fatal(err)
	}
	return tl
}

// A real recogniser hears the demo, and its words have the speakers of the turns
// that they were said in.
func TestPocketsphinxBridge(t *testing.T) {
	python := pythonWith(t, "pocketsphinx")
	tl := bridge(t, 9, func(ctx context.Context, address string) *exec.Cmd {
		return exec.CommandContext(ctx, python, "words_pocketsphinx.py", address, demo.Name)
	})
	var text []string
	by := map[string]string{}
	for _, w := range tl.Words("pocketsphinx") {
		text = append(text, w.Text)
		by[w.Text] = w.Speaker.String()
	}
	if len(text) < 18 || by["library"] != "S1" || by["march"] != "S1" || by["news"] == "S1" || by["news"] == "unknown" || by["news"] == "" {
		t.Errorf("heard %q, by %v: want library and march by S1, news by somebody else", strings.Join(text, " "), by)
	}
}

// pythonWith finds a Python that has a module: of "make deps", or the system's.
func pythonWith(t *testing.T, module string) string {
	t.Helper()
	for _, python := range []string{".venv/bin/python", "python3"} {
		if path, err := exec.LookPath(python); err == nil && exec.Command(path, "-c", "import "+module).Run() == nil {
			return path
		}
	}
	needs.Missing(t, "no Python with %s: make deps", module)
	return ""
}

// The other bridges' parsing, from files that the recognisers' own writers wrote.
func TestWhisperWords(t *testing.T) {
	python := needs.Tool(t, "python3")
	for _, file := range []string{"whisper-ctranslate2.json", "faster-whisper.json"} {
		if _, err := os.Stat("../internal/show/wordfile/testdata/" + file); err != nil {
			t.Fatal(err)
		}
		const code = `import json, sys, words
data = json.load(open(sys.argv[1]))
found = words.whisper_words(data["segments"] if isinstance(data, dict) else data, 100)
print(len(found), found[0], found[-1]["text"], sum(w["line"] for w in found))`
		out, err := exec.Command(python, "-c", code, "../internal/show/wordfile/testdata/"+file).CombinedOutput()
		want := "40 {'text': 'Right,', 'start': 100.6, 'end': 100.99, 'confidence': 0.9, 'line': True} garage 7\n"
		if err != nil || string(out) != want {
			t.Errorf("%s: %v\n%swant\n%s", file, err, out, want)
		}
	}
}

// The bridge to whisper.cpp's server sends it pieces of the sound and takes the words
// from its answers: no model is there, the server is made up after the source of its
// writer, with one word in the middle of each piece.
func TestWhisperServerBridge(t *testing.T) {
	python := needs.Tool(t, "python3")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, _, err := r.FormFile("file")
		if err != nil || r.URL.Path != "/inference" || r.FormValue("response_format") != "verbose_json" {
			http.Error(w, "expected a file for verbose_json", http.StatusBadRequest)
			return
		}
		rec, err := capture.OpenReader(r.Context(), file, "piece.wav", capture.Options{})
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		defer rec.Close()
		length := 0.0
		for err == nil {
			var b capture.Block
			b, err = rec.Next(r.Context())
			length += float64(len(b.Samples)) / capture.Rate
		}
		fmt.Fprintf(w, `{"task":"transcribe","language":"english","duration":%[1]f,"text":" piece","segments":[{"id":0,"text":" piece","start":0,"end":%[1]f,`+
			`"tokens":[3704],"words":[{"word":" [_BEG_]","start":0,"end":0,"t_dtw":-1,"probability":0.9},{"word":" piece","start":%[2]f,"end":%[3]f,"t_dtw":-1,"probability":0.8}],`+
			`"temperature":0,"avg_logprob":-0.2,"no_speech_prob":0.01}]}`, length, length/2-0.2, length/2+0.2)
	}))
	defer server.Close()
	tl := bridge(t, 15, func(ctx context.Context, address string) *exec.Cmd {
		return exec.CommandContext(ctx, python, "words_whispercpp.py", address, demo.Name, server.URL)
	})
	heard := tl.Words("whispercpp")
	if len(heard) < 2 {
		t.Fatalf("%d words", len(heard))
	}
	for _, w := range heard {
		if w.Text != "piece" || w.Confidence != 0.8 || !w.Line || w.End.Seconds() > 15 {
			t.Errorf("word %+v", w)
		}
	}
}

// Sound is cut where it is quiet, and nothing of it is lost.
func TestPiecesOfSound(t *testing.T) {
	python := needs.Tool(t, "python3")
	const code = `import words, sys
total = 0
for start, samples in words.pieces():
    assert abs(start * 32000 - total) < 1, (start, total)
    assert len(samples) <= 20.1 * 32000, len(samples)
    total += len(samples)
    print(round(start, 1))
print(total)`
	sound := samples(t, 60)
	cmd := exec.Command(python, "-c", code)
	cmd.Stdin = bytes.NewReader(sound)
	out, err := cmd.CombinedOutput()
	lines := strings.Fields(string(out))
	if err != nil || len(lines) < 4 || lines[len(lines)-1] != strconv.Itoa(len(sound)) {
		t.Errorf("%v\n%s of %d bytes", err, out, len(sound))
	}
}
