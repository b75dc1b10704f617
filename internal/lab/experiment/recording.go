// Package experiment measures models: the speaker confusion that is left when
// the utterances are given, on recordings with a reference.
package experiment

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"sort"
	"strconv"
	"strings"

	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/features"
)

// MaxUtterance is the longest utterance, in seconds: longer reference turns
// are cut into equal parts.
const MaxUtterance = 3.0

// Recording is sound reduced to its features, with the reference utterances.
type Recording struct {
	Name, Group string
	Dim         int
	Frames      []float32 // unnormalised, one per 10 ms
	Utterances  []Utterance
	Speakers    int
	spans       []span
}

// Utterance is a reference turn or part of one: frames From to To, exclusive.
type Utterance struct {
	From, To int
	Speaker  int
}

// span is a stretch in which the same utterances are active.
type span struct {
	frames int
	active []int
}

// NewRecording extracts the features of samples at 16 kHz and cuts the
// reference into utterances.
func NewRecording(name, group string, samples []float32, reference []rttm.Segment, cfg features.Config) (*Recording, error) {
	e, err := features.NewExtractor(cfg)
	if err != nil {
		return nil, err
	}
	r := &Recording{Name: name, Group: group, Dim: e.Dim()}
	keep := func(f []float64) {
		for _, v := range f {
			r.Frames = append(r.Frames, float32(v))
		}
	}
	e.Push(samples, keep)
	e.Flush(keep)
	ids := map[string]int{}
	for _, s := range reference {
		id, ok := ids[s.Speaker]
		if !ok {
			id = len(ids)
			ids[s.Speaker] = id
		}
		from, to := int(math.Round(100*s.Start)), min(int(math.Round(100*s.End)), len(r.Frames)/r.Dim)
		parts := int(math.Ceil(float64(to-from) / (100 * MaxUtterance)))
		for k := range parts {
			r.Utterances = append(r.Utterances, Utterance{From: from + k*(to-from)/parts, To: from + (k+1)*(to-from)/parts, Speaker: id})
		}
	}
	r.Speakers = len(ids)
	sort.SliceStable(r.Utterances, func(a, b int) bool { return r.Utterances[a].From < r.Utterances[b].From })
	r.index()
	return r, nil
}

// index finds the spans between the ends of utterances.
func (r *Recording) index() {
	var edges []int
	for _, u := range r.Utterances {
		edges = append(edges, u.From, u.To)
	}
	sort.Ints(edges)
	for i := 1; i < len(edges); i++ {
		s := span{frames: edges[i] - edges[i-1]}
		if s.frames == 0 {
			continue
		}
		for k, u := range r.Utterances {
			if u.From <= edges[i-1] && u.To >= edges[i] {
				s.active = append(s.active, k)
			}
		}
		if len(s.active) > 0 {
			r.spans = append(r.spans, s)
		}
	}
}

// Reference reads the SPEAKER lines of an RTTM file.
func Reference(path string) ([]rttm.Segment, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []rttm.Segment
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		p := strings.Fields(lines.Text())
		if len(p) == 0 || p[0] != "SPEAKER" {
			continue
		}
		if len(p) < 8 {
			return nil, fmt.Errorf("%s:%d: %d fields, expected 8 or more", path, n, len(p))
		}
		start, err := strconv.ParseFloat(p[3], 64)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: start is %q, expected seconds", path, n, p[3])
		}
		length, err := strconv.ParseFloat(p[4], 64)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: duration is %q, expected seconds", path, n, p[4])
		}
		out = append(out, rttm.Segment{File: p[1], Channel: p[2], Start: start, End: start + length, Speaker: p[7]})
	}
	return out, lines.Err()
}
