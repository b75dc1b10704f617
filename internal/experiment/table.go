package experiment

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/seed-7adb9000/diarizer/internal/dataset"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// Table is a model's confusion by group of recordings.
type Table struct {
	Groups []string
	// Offline and Online are of agglomerative clustering and of greedy
	// decisions, both with the model's threshold and normalised as in a
	// stream; Whole is agglomerative, normalised by the whole recording.
	Offline, Online, Whole map[string]*Result
}

// tableSeed starts the simulated conversations of the table. It is not the
// seed that models are calibrated with.
const tableSeed = 7

// Measure runs a model over the development recordings and n simulated
// conversations of each kind, up to seconds long.
func Measure(ctx context.Context, m *model.Model, dir string, n int, seconds float64) (*Table, error) {
	sounds, err := Dev(filepath.Join(dir, "dev"))
	if err != nil {
		return nil, err
	}
	utts, err := dataset.ReadManifest(filepath.Join(dir, "train"))
	if err != nil {
		return nil, err
	}
	cast, err := Cast(dataset.Split(utts, "sim"))
	if err != nil {
		return nil, err
	}
	ac, err := Acoustics(dir)
	if err != nil {
		return nil, err
	}
	sims, err := Conversations(ctx, cast, ac, tableSeed, n, seconds)
	if err != nil {
		return nil, err
	}
	sounds = append(sounds, sims...)
	t := &Table{Offline: map[string]*Result{}, Online: map[string]*Result{}, Whole: map[string]*Result{}}
	for _, s := range sounds {
		if t.Offline[s.Group] == nil {
			t.Groups = append(t.Groups, s.Group)
			t.Offline[s.Group], t.Online[s.Group], t.Whole[s.Group] = &Result{}, &Result{}, &Result{}
		}
	}
	results := make([][3]Result, len(sounds))
	errs := make([]error, len(sounds))
	err = each(ctx, len(sounds), func(i int) {
		s := sounds[i]
		r, err := NewRecording(s.Name, s.Group, s.Samples, s.Reference, m.Features)
		if err != nil {
			errs[i] = err
			return
		}
		pairs, whole := Pairs(m, r, true), Pairs(m, r, false)
		results[i] = [3]Result{
			Score(r, Cut(len(pairs), Agglomerate(m, pairs), m.Threshold)),
			Score(r, Greedy(m, pairs, m.Threshold)),
			Score(r, Cut(len(whole), Agglomerate(m, whole), m.Threshold)),
		}
	})
	if err != nil {
		return nil, err
	}
	for i, s := range sounds {
		if errs[i] != nil {
			return nil, errs[i]
		}
		t.Offline[s.Group].Add(results[i][0])
		t.Online[s.Group].Add(results[i][1])
		t.Whole[s.Group].Add(results[i][2])
	}
	return t, nil
}

// String formats the table as Markdown: confusion in % of speech and, in
// brackets, the mean error of the number of speakers.
func (t *Table) String() string {
	var b strings.Builder
	row := func(name string, cell func(g string) string) {
		fmt.Fprintf(&b, "| %s |", name)
		for _, g := range t.Groups {
			fmt.Fprintf(&b, " %s |", cell(g))
		}
		b.WriteByte('\n')
	}
	row("confusion, % (speakers off)", func(g string) string { return g })
	row("---", func(string) string { return "---" })
	for _, r := range []struct {
		name string
		by   map[string]*Result
	}{{"agglomerative", t.Offline}, {"agglomerative, whole mean", t.Whole}, {"greedy online", t.Online}} {
		row(r.name, func(g string) string { return fmt.Sprintf("%.1f (%.1f)", r.by[g].Confusion(), r.by[g].CountError()) })
	}
	return b.String()
}
