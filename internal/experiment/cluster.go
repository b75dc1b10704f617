package experiment

import (
	"math"

	"github.com/seed-7adb9000/diarizer/online/model"
	"gonum.org/v1/gonum/floats"
)

// Pairs returns the <d, D⁻¹> of every utterance. With running, each frame is
// normalised by the speech up to it, as in a stream; otherwise by all speech
// of the recording.
func Pairs(m *model.Model, r *Recording, running bool) []model.Stats {
	normalised := r.Normalised(m, running)
	x := make([]float64, r.Dim)
	acc := m.NewAccumulator()
	out := make([]model.Stats, len(r.Utterances))
	for i, u := range r.Utterances {
		acc.Reset()
		for t := u.From; t < u.To; t++ {
			normalised(x, t)
			acc.Add(x)
		}
		out[i] = model.NewStats(m.Nu)
		acc.StatsInto(&out[i])
	}
	return out
}

// Merge is one step of agglomerative clustering: cluster B joins A. Level is
// the lowest score up to this step, so that a threshold of Level or less
// allows it.
type Merge struct {
	A, B         int
	Score, Level float64
}

// cluster is a pair with what comparisons need of it.
type cluster struct {
	raw, soft model.Stats // as summed, and with the model's slack
	evidence  float64     // of soft
}

// scorer compares clusters by the model's rule.
type scorer struct {
	m *model.Model
	c *model.Comparer
	k *model.Slacker
}

func newScorer(m *model.Model) *scorer {
	return &scorer{m: m, c: model.NewComparer(m.Nu), k: model.NewSlacker(m.Nu, m.Slack)}
}

func (s *scorer) cluster(raw model.Stats) *cluster {
	x := &cluster{raw: raw.Clone(), soft: model.NewStats(s.m.Nu)}
	s.update(x)
	return x
}

func (s *scorer) update(x *cluster) {
	s.k.Into(&x.soft, x.raw)
	x.evidence = s.c.Evidence(x.soft)
}

func (s *scorer) score(a, b *cluster) float64 {
	return s.m.Normalise(s.c.LogP(a.soft, a.evidence, b.soft, b.evidence), a.raw.N, b.raw.N)
}

// Agglomerate merges the best-scoring pair of clusters until one is left.
func Agglomerate(m *model.Model, pairs []model.Stats) []Merge {
	n := len(pairs)
	s := newScorer(m)
	clusters, score := make([]*cluster, n), make([][]float64, n)
	for i, p := range pairs {
		clusters[i] = s.cluster(p)
		score[i] = make([]float64, n)
		for j := range i {
			score[i][j] = s.score(clusters[i], clusters[j])
		}
	}
	level := math.Inf(1)
	var out []Merge
	for len(out) < n-1 {
		a, b, best := -1, -1, math.Inf(-1)
		for i := range n {
			for j := range i {
				if clusters[i] != nil && clusters[j] != nil && (a < 0 || score[i][j] > best) {
					a, b, best = j, i, score[i][j]
				}
			}
		}
		level = min(level, best)
		out = append(out, Merge{A: a, B: b, Score: best, Level: level})
		clusters[a].raw.Add(clusters[b].raw)
		clusters[b] = nil
		s.update(clusters[a])
		for j := range n {
			if clusters[j] != nil && j != a {
				score[max(a, j)][min(a, j)] = s.score(clusters[a], clusters[j])
			}
		}
	}
	return out
}

// Cut returns the cluster of each of n utterances when merging stops below the
// threshold.
func Cut(n int, merges []Merge, threshold float64) []int {
	label := make([]int, n)
	for i := range label {
		label[i] = i
	}
	for _, m := range merges {
		if m.Level < threshold {
			break
		}
		for i, l := range label {
			if l == m.B {
				label[i] = m.A
			}
		}
	}
	return compact(label)
}

// compact renumbers labels from 0 in order of appearance.
func compact(label []int) []int {
	ids := map[int]int{}
	for i, l := range label {
		if _, ok := ids[l]; !ok {
			ids[l] = len(ids)
		}
		label[i] = ids[l]
	}
	return label
}

// Greedy decides every utterance for good when it has been heard: it joins the
// best-scoring speaker, or is a new one where none reaches the threshold.
func Greedy(m *model.Model, pairs []model.Stats, threshold float64) []int {
	s := newScorer(m)
	var clusters []*cluster
	label := make([]int, len(pairs))
	for i, p := range pairs {
		u := s.cluster(p)
		best, at := threshold, len(clusters)
		for k, c := range clusters {
			if v := s.score(c, u); v >= best {
				best, at = v, k
			}
		}
		if at == len(clusters) {
			clusters = append(clusters, u)
		} else {
			clusters[at].raw.Add(p)
			s.update(clusters[at])
		}
		label[i] = at
	}
	return label
}

// Result is what clustering got wrong, in frames.
type Result struct {
	// Speech is the reference speech, every speaker counted; Confused is the
	// part of it that has another speaker's label, Missed the part that has
	// none, as two who speak at once have one label.
	Speech, Confused, Missed float64
	// SpeakersOff is |N̂ − N|, summed over Recordings.
	SpeakersOff float64
	Recordings  int
}

// Add adds the counts of o.
func (r *Result) Add(o Result) {
	r.Speech += o.Speech
	r.Confused += o.Confused
	r.Missed += o.Missed
	r.SpeakersOff += o.SpeakersOff
	r.Recordings += o.Recordings
}

// Confusion is in percent of speech.
func (r Result) Confusion() float64 { return 100 * r.Confused / math.Max(1, r.Speech) }

// DER is the diarization error rate in percent: confusion and missed speech.
func (r Result) DER() float64 { return 100 * (r.Confused + r.Missed) / math.Max(1, r.Speech) }

// CountError is the mean error of the number of speakers.
func (r Result) CountError() float64 { return r.SpeakersOff / math.Max(1, float64(r.Recordings)) }

// Score compares labels with the reference: NIST's speaker error, every frame
// scored, overlap included.
func Score(r *Recording, label []int) Result {
	clusters := 0
	for _, l := range label {
		clusters = max(clusters, l+1)
	}
	together := make([][]float64, r.Speakers)
	for i := range together {
		together[i] = make([]float64, clusters)
	}
	res := Result{Recordings: 1, SpeakersOff: math.Abs(float64(clusters - r.Speakers))}
	refs, hyps := make([]float64, r.Speakers), make([]float64, clusters)
	var both float64
	for _, s := range r.spans {
		clear(refs)
		clear(hyps)
		for _, u := range s.active {
			refs[r.Utterances[u].Speaker], hyps[label[u]] = 1, 1
		}
		n := float64(s.frames)
		res.Speech += n * floats.Sum(refs)
		both += n * min(floats.Sum(refs), floats.Sum(hyps))
		for i, in := range refs {
			if in > 0 {
				floats.AddScaled(together[i], n, hyps)
			}
		}
	}
	res.Confused = both - bestMatch(together)
	res.Missed = res.Speech - both
	return res
}
