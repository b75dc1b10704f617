package demo_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"testing"

	"github.com/mewkiz/flac"

	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/metrics"
)

const frame = 160 // samples of 10 ms

// levels decodes the recording and returns the level of each frame in dBFS.
func levels(t *testing.T) []float64 {
	t.Helper()
	stream, err := flac.New(demo.Recording())
	if err != nil {
		t.Fatal(err)
	}
	if i := stream.Info; i.SampleRate != 16000 || i.NChannels != 1 || i.BitsPerSample != 16 {
		t.Fatalf("%d Hz, %d channels, %d bits", i.SampleRate, i.NChannels, i.BitsPerSample)
	}
	var out []float64
	sum, n := 0.0, 0
	for {
		f, err := stream.ParseNext()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range f.Subframes[0].Samples {
			v := float64(s) / 32768
			sum += v * v
			if n++; n == frame {
				out = append(out, 10*math.Log10(sum/frame+1e-12))
				sum, n = 0, 0
			}
		}
	}
}

// TestReferenceFitsRecording holds that there is sound where the reference has
// speech, that it is quiet elsewhere, and that boundaries are tight: with one
// frame cut off at either end, sound would be left outside.
func TestReferenceFitsRecording(t *testing.T) {
	level := levels(t)
	if s := float64(len(level)) / 100; s < 60 || s > 90 {
		t.Errorf("%v s, want 60 to 90", s)
	}
	speakers := make([]int, len(level))
	at := func(seconds float64) int { return int(math.Round(seconds * 100)) }
	for _, s := range demo.Reference() {
		if s.File != demo.Name || at(s.End) > len(level) {
			t.Fatalf("segment %+v of a recording %q of %d frames", s, demo.Name, len(level))
		}
		for i := at(s.Start); i < at(s.End); i++ {
			speakers[i]++
		}
	}
	loudest := math.Inf(-1)
	outside := 0
	for i, n := range speakers {
		if n == 0 {
			loudest = math.Max(loudest, level[i])
			outside++
		}
	}
	if outside < 500 || loudest > -55 {
		t.Errorf("outside the reference: %d frames, up to %.1f dBFS", outside, loudest)
	}
	for _, s := range demo.Reference() {
		first, last := at(s.Start), at(s.End)-1
		sum := 0.0
		for i := first; i <= last; i++ {
			sum += math.Pow(10, level[i]/10)
		}
		if mean := 10 * math.Log10(sum/float64(last-first+1)); mean < -32 || mean > -18 {
			t.Errorf("%s at %.2f: mean level %.1f dBFS", s.Speaker, s.Start, mean)
		}
		if level[first] < loudest || level[last] < loudest {
			t.Errorf("%s at %.2f: first frame %.1f, last %.1f dBFS, outside up to %.1f",
				s.Speaker, s.Start, level[first], level[last], loudest)
		}
	}
}

func TestConversation(t *testing.T) {
	ref := demo.Reference()
	alone, _, err := metrics.Compare(ref, ref, metrics.Options{SkipOverlap: true})
	if err != nil {
		t.Fatal(err)
	}
	full, _, err := metrics.Compare(ref, ref, metrics.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := full.RefSpeakers; n != 4 {
		t.Errorf("%d speakers, want 4", n)
	}
	if overlap := (full.Speech - alone.Speech).Seconds() / 2; overlap < 0.3 || overlap > 2 {
		t.Errorf("%.2f s of overlap, want a little", overlap)
	}
	short, time := 0, make(map[string]float64)
	for i, s := range ref {
		if s.End-s.Start < 0.6 {
			short++
		}
		time[s.Speaker] += s.End - s.Start
		if i > 0 && s.Start < ref[i-1].Start {
			t.Errorf("segment %d starts before the one before it", i+1)
		}
	}
	if short < 2 {
		t.Errorf("%d turns shorter than 0.6 s, want some", short)
	}
	for speaker, s := range time {
		if s < 5 {
			t.Errorf("%s speaks for %.2f s only", speaker, s)
		}
	}
}

func Example() {
	size, err := demo.Recording().Seek(0, io.SeekEnd)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println("less than 2 MB:", size < 2e6)
	first := demo.Reference()[0]
	fmt.Printf("%s speaks first, at %.1f s\n", first.Speaker, first.Start)
	// Output:
	// less than 2 MB: true
	// mara speaks first, at 0.6 s
}

// TestScriptFitsReference holds that every word lies in a turn of its speaker, and
// that every turn has words from near its start to near its end.
func TestScriptFitsReference(t *testing.T) {
	turns := demo.Reference()
	first, last := make([]float64, len(turns)), make([]float64, len(turns))
	for _, w := range demo.Words() {
		start, end := w.Start.Seconds(), w.End.Seconds()
		i := slices.IndexFunc(turns, func(s rttm.Segment) bool {
			return s.Speaker == w.Speaker && s.Start <= start+0.005 && end <= s.End+0.005
		})
		if i < 0 {
			t.Errorf("%+v: in no turn of its speaker", w)
			continue
		}
		if last[i] == 0 {
			first[i] = start
		}
		last[i] = end
	}
	for i, s := range turns {
		if first[i]-s.Start > 0.15 || s.End-last[i] > 0.15 {
			t.Errorf("%+v: words from %.2f to %.2f", s, first[i], last[i])
		}
	}
}
