package trial

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sort"

	"github.com/seed-7adb9000/diarizer/internal/lab/dataset"
	"github.com/seed-7adb9000/diarizer/internal/lab/experiment"
	"github.com/seed-7adb9000/diarizer/internal/lab/simulate"
)

// Person is somebody whose voice no model was trained on.
type Person struct {
	Name string
	// Half is 0 for those on whom numbers are fitted and 1 for those on whom they
	// are reported.
	Half int
	// Sample is sound to enrol them with, Talk what they say in streams. They are
	// of different recordings where there are several of the person. Those of whom
	// there is little have no Sample: they are strangers always.
	Sample, Talk []float32
}

// Seconds of a sample: the part of a person's sound that it takes, and its bounds.
const (
	samplePart                    = 0.45
	shortestSample, longestSample = 6.0, 20.0
	shortestTalk                  = 3.0
)

// People reads the persons of dir/train/manifest*.tsv that are kept out of training
// (split "sim"), every second of a corpus in either half, and those of the
// conversations in dir/dev, who are all in the half that is reported. Persons of whom
// there is not enough to say anything are left out.
func People(ctx context.Context, dir string) ([]Person, error) {
	all, err := dataset.ReadManifest(filepath.Join(dir, "train"))
	if err != nil {
		return nil, err
	}
	cast, err := experiment.Cast(dataset.Split(all, "sim"))
	if err != nil {
		return nil, err
	}
	var corpora []string
	for c := range cast {
		corpora = append(corpora, c)
	}
	sort.Strings(corpora)
	var people []Person
	for _, c := range corpora {
		n := 0
		for _, s := range cast[c] {
			if p, ok := divide(s); ok {
				p.Name, p.Half = c+"/"+s.Name, n%2
				people = append(people, p)
				n++
			}
		}
	}
	real, err := conversed(filepath.Join(dir, "dev"))
	if err != nil {
		return nil, err
	}
	for _, s := range real {
		if p, ok := divide(s); ok {
			p.Name, p.Half = "dev/"+s.Name, 1
			people = append(people, p)
		}
	}
	if len(people) == 0 {
		return nil, fmt.Errorf("%s: nobody has %v s of sound", dir, shortestSample+shortestTalk)
	}
	return people, ctx.Err()
}

// divide takes a sample off a speaker's recordings: whole ones, or the beginning of
// the only one.
func divide(s simulate.Speaker) (Person, bool) {
	total := 0
	for _, r := range s.Recordings {
		total += len(r)
	}
	want := min(max(samplePart*float64(total), shortestSample*dataset.Rate), longestSample*dataset.Rate)
	var p Person
	if len(s.Recordings) == 1 {
		at := min(int(want), total)
		p.Sample, p.Talk = s.Recordings[0][:at], s.Recordings[0][at:]
	} else {
		for _, r := range s.Recordings {
			if float64(len(p.Sample)) < want {
				p.Sample = append(p.Sample, r...)
			} else {
				p.Talk = append(p.Talk, r...)
			}
		}
		p.Sample = p.Sample[:min(len(p.Sample), longestSample*dataset.Rate)]
	}
	if len(p.Sample) < shortestSample*dataset.Rate || len(p.Talk) < shortestTalk*dataset.Rate {
		p.Sample, p.Talk = nil, slices.Concat(s.Recordings...)
	}
	return p, len(p.Talk) >= shortestTalk*dataset.Rate
}

// conversed returns the speakers of the conversations of a directory, with what they
// say alone. One who is in several conversations has a recording of each.
func conversed(dir string) ([]simulate.Speaker, error) {
	sounds, err := experiment.Dev(dir)
	if err != nil {
		return nil, err
	}
	var out []simulate.Speaker
	at := map[string]int{}
	for _, s := range sounds {
		alone := map[string][]float32{}
		var names []string
		for _, turn := range s.Reference {
			name := turn.Speaker
			if len(name) < 6 { // A and B of a call are others in the next
				name = s.Name + "-" + name
			}
			if _, ok := alone[name]; !ok {
				names = append(names, name)
			}
			from, to := turn.Start, turn.End
			for _, o := range s.Reference {
				if o.Speaker == turn.Speaker || o.End <= from || o.Start >= to {
					continue
				}
				if o.Start-from > to-o.End {
					to = o.Start
				} else {
					from = o.End
				}
			}
			if first, last := int(from*dataset.Rate), min(int(to*dataset.Rate), len(s.Samples)); last-first > dataset.Rate/4 {
				alone[name] = append(alone[name], s.Samples[first:last]...)
			}
		}
		for _, name := range names {
			if _, ok := at[name]; !ok {
				at[name] = len(out)
				out = append(out, simulate.Speaker{Name: name})
			}
			sp := &out[at[name]]
			if len(alone[name]) > 0 {
				sp.Recordings = append(sp.Recordings, alone[name])
			}
		}
	}
	return out, nil
}
