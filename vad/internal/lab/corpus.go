package lab

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Utterance is a recording of one speaker with a label for each frame.
type Utterance struct {
	Speaker   string
	Telephone bool // recorded at 8 kHz
	Samples   []float32
	Speech    []bool
}

// Corpus is what mixtures are made of.
type Corpus struct {
	Utterances []Utterance
	Noises     map[string][]float32 // by file name
	Rooms      [][]float32          // impulse responses, the direct sound first
	Sources    []string             // what the utterances are from, with licences
}

// Load reads the utterances of one split of dir/train/manifest.tsv (tab-separated,
// with the columns path, speaker, rate and split, and optionally corpus and
// licence) and the FLAC files of dir/noise and dir/rir.
func Load(dir, split string) (*Corpus, error) {
	c := &Corpus{Noises: map[string][]float32{}}
	name := filepath.Join(dir, "train", "manifest.tsv")
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	column := map[string]int{}
	speakers := map[[2]string]map[string]bool{} // by corpus and licence
	for n := 1; in.Scan(); n++ {
		p := strings.Split(in.Text(), "\t")
		if n == 1 {
			for i, h := range p {
				column[h] = i
			}
			for _, h := range []string{"path", "speaker", "rate", "split"} {
				if _, ok := column[h]; !ok {
					return nil, fmt.Errorf("%s: no column %q in its first line", name, h)
				}
			}
			continue
		}
		if len(p) < len(column) {
			return nil, fmt.Errorf("%s:%d: %d columns, want %d", name, n, len(p), len(column))
		}
		if p[column["split"]] != split {
			continue
		}
		from := [2]string{"corpus not named", "licence not named"}
		for i, h := range []string{"corpus", "licence"} {
			if k, ok := column[h]; ok && p[k] != "" {
				from[i] = p[k]
			}
		}
		if speakers[from] == nil {
			speakers[from] = map[string]bool{}
		}
		speakers[from][p[column["speaker"]]] = true
		x, err := ReadFLAC(filepath.Join(dir, "train", p[column["path"]]))
		if err != nil {
			return nil, err
		}
		c.Utterances = append(c.Utterances, Utterance{
			Speaker: p[column["speaker"]], Telephone: p[column["rate"]] == "8000",
			Samples: x, Speech: label(x),
		})
	}
	if err := in.Err(); err != nil {
		return nil, err
	}
	for k, s := range speakers {
		c.Sources = append(c.Sources, fmt.Sprintf("%s, %d speakers, %s", k[0], len(s), k[1]))
	}
	slices.Sort(c.Sources)
	if len(c.Utterances) == 0 {
		return nil, fmt.Errorf("%s: no utterance of split %q", name, split)
	}
	return c, c.loadSounds(dir)
}

func (c *Corpus) loadSounds(dir string) error {
	for _, kind := range []string{"noise", "rir"} {
		names, err := filepath.Glob(filepath.Join(dir, kind, "*.flac"))
		if err != nil {
			return err
		}
		for _, name := range names {
			x, err := ReadFLAC(name)
			if err != nil {
				return err
			}
			if kind == "noise" {
				c.Noises[filepath.Base(name)] = x
			} else {
				c.Rooms = append(c.Rooms, fromDirect(x))
			}
		}
	}
	return nil
}
