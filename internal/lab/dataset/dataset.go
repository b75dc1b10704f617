// Package dataset reads the speech that models are trained and measured on: a
// manifest of recordings with their speakers, and the sound itself at
// 16 kHz.
package dataset

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// Utterance is one line of a manifest: a recording of one speaker.
type Utterance struct {
	// Path is the recording's file, usable as it stands.
	Path string
	// Corpus and Speaker name the speaker together; speaker names repeat
	// between corpora.
	Corpus, Speaker string
	// Licence is the corpus' and Source where it came from.
	Licence, Source string
	// Seconds is the length as the manifest has it.
	Seconds float64
	// Rate is the sample rate of the recording in hertz.
	Rate int
	// Split is train or sim.
	Split string
}

// SpeakerID returns a name that is unique across corpora.
func (u Utterance) SpeakerID() string { return u.Corpus + "/" + u.Speaker }

// ErrManifest is wrapped by every error about a malformed manifest.
var ErrManifest = errors.New("malformed manifest")

// columns are what a manifest must have; others are passed over.
var columns = []string{"path", "corpus", "speaker", "seconds", "rate", "licence", "source", "split"}

// ReadManifest reads the manifests of dir, manifest.tsv and, where there are more,
// manifest-*.tsv after it in the order of their names: tab-separated with a header
// line, the paths relative to dir.
func ReadManifest(dir string) ([]Utterance, error) {
	names, err := filepath.Glob(filepath.Join(dir, "manifest-*.tsv"))
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var all []Utterance
	for _, name := range append([]string{filepath.Join(dir, "manifest.tsv")}, names...) {
		some, err := readManifest(dir, name)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

func readManifest(dir, name string) ([]Utterance, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("no training data: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	at := map[string]int{}
	var all []Utterance
	for n := 1; lines.Scan(); n++ {
		fields := strings.Split(lines.Text(), "\t")
		if n == 1 {
			for i, c := range fields {
				at[c] = i
			}
			for _, c := range columns {
				if _, ok := at[c]; !ok {
					return nil, fmt.Errorf("%s: %w: no column %q, expected %s", name, ErrManifest, c, strings.Join(columns, ", "))
				}
			}
			continue
		}
		if len(fields) < len(at) {
			return nil, fmt.Errorf("%s:%d: %w: %d fields, expected %d", name, n, ErrManifest, len(fields), len(at))
		}
		get := func(c string) string { return fields[at[c]] }
		seconds, err := strconv.ParseFloat(get("seconds"), 64)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w: seconds is %q, expected a number", name, n, ErrManifest, get("seconds"))
		}
		rate, err := strconv.Atoi(get("rate"))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w: rate is %q, expected hertz", name, n, ErrManifest, get("rate"))
		}
		all = append(all, Utterance{Path: filepath.Join(dir, filepath.FromSlash(get("path"))),
			Corpus: get("corpus"), Speaker: get("speaker"), Licence: get("licence"), Source: get("source"),
			Seconds: seconds, Rate: rate, Split: get("split")})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: %w: no recordings", name, ErrManifest)
	}
	return all, nil
}

// Split returns the utterances of one split, in their order.
func Split(all []Utterance, name string) []Utterance {
	var out []Utterance
	for _, u := range all {
		if u.Split == name {
			out = append(out, u)
		}
	}
	return out
}
