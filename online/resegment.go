package online

import (
	"math"

	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/segment"
)

// resegmenter finds the boundaries between given speakers anew, 100 ms at a
// time: a hidden Markov model whose states are the speakers, each a posterior
// over y, is fitted by variational Bayes, as in Diez, Burget & Matejka,
// "Speaker diarization based on Bayesian HMM with eigenvoice priors" (2018).
type resegmenter struct {
	m          *model.Model
	posteriors []*model.Posterior
	pool       *model.Pool
	stats      model.Stats
	logLik     []float64 // T×S, then γ
	forward    []float64 // T×S
	scratch    []float64
}

// resegmentRounds is how often speakers and boundaries are fitted to each other.
const resegmentRounds = 6

// run returns the speaker of each atom, starting from the speakers in labels,
// both counted from 0 to speakers−1. anchors are the pairs of what each
// speaker said before, loop is the probability that a speaker goes on from one
// atom to the next.
func (r *resegmenter) run(atoms []atom, labels []int, anchors []model.Stats, loop float64) []int {
	S, T := len(anchors), len(atoms)
	r.resize(S, T)
	gamma := r.logLik
	clear(gamma)
	for t, l := range labels {
		gamma[t*S+l] = 1
	}
	for range resegmentRounds {
		for s := range S {
			r.fit(s, atoms, gamma, anchors[s])
		}
		for t := range T {
			for s := range S {
				r.logLik[t*S+s] = r.posteriors[s].LogLikelihood(atoms[t].moments)
			}
		}
		r.smooth(S, T, atoms, loop)
	}
	out := make([]int, T)
	for t := range T {
		row := gamma[t*S : (t+1)*S]
		for s := range row {
			if row[s] > row[out[t]] {
				out[t] = s
			}
		}
	}
	return out
}

func (r *resegmenter) resize(S, T int) {
	for len(r.posteriors) < S {
		r.posteriors = append(r.posteriors, r.m.NewPosterior())
	}
	if r.pool == nil {
		r.pool = r.m.NewPool()
		r.stats = model.NewStats(r.m.Nu)
	}
	if cap(r.logLik) < S*T {
		r.logLik = make([]float64, S*T)
		r.forward = make([]float64, S*T)
	}
	r.logLik, r.forward = r.logLik[:S*T], r.forward[:S*T]
	r.scratch = append(r.scratch[:0], make([]float64, S)...)
}

// fit sets speaker s to the posterior of its share γ of the atoms.
func (r *resegmenter) fit(s int, atoms []atom, gamma []float64, anchor model.Stats) {
	S := len(gamma) / len(atoms)
	r.pool.Reset()
	for t := range atoms {
		if g := gamma[t*S+s]; g > minShare {
			r.pool.AddScaled(g, atoms[t].moments)
		}
	}
	r.pool.VoiceStatsInto(&r.stats)
	r.stats.Add(anchor)
	r.posteriors[s].Set(r.stats)
}

// minShare is the share of an atom under which it is not counted.
const minShare = 1e-3

// smooth replaces the log likelihoods by the state probabilities γ, by the
// forward-backward algorithm.
func (r *resegmenter) smooth(S, T int, atoms []atom, loop float64) {
	other := (1 - loop) / float64(S)
	// Likelihoods relative to the best of each atom, which γ does not feel.
	for t := range T {
		row := r.logLik[t*S : (t+1)*S]
		top := math.Inf(-1)
		for _, v := range row {
			top = max(top, v)
		}
		for s := range row {
			row[s] = math.Exp(row[s] - top)
		}
	}
	for t := range T {
		f, lik := r.forward[t*S:(t+1)*S], r.logLik[t*S:(t+1)*S]
		var sum float64
		for s := range f {
			p := 1 / float64(S)
			if t > 0 {
				p = r.forward[(t-1)*S+s]*loop + other
			}
			f[s] = p * lik[s]
			sum += f[s]
		}
		for s := range f {
			f[s] /= sum
		}
	}
	back := r.scratch
	for s := range back {
		back[s] = 1
	}
	for t := T - 1; t >= 0; t-- {
		f, lik := r.forward[t*S:(t+1)*S], r.logLik[t*S:(t+1)*S]
		var total, mass, norm float64
		for s := range back {
			w := back[s] * lik[s]
			mass += w
			norm += f[s] * back[s]
			total += w
		}
		for s := range back {
			w := back[s] * lik[s]
			g := f[s] * back[s] / norm
			back[s] = (loop*w + other*mass) / total
			lik[s] = g
		}
	}
}

// maxRun is the longest utterance that resegmentation makes, in samples.
const maxRun = 300 * segment.Hop

// windowAtoms returns the atoms of the base utterances.
func (c *Clusterer) windowAtoms() []atom {
	from, to := 0, len(c.atoms)
	for from < to && c.atoms[from].middle() < c.base[0].start {
		from++
	}
	for to > from && c.atoms[to-1].middle() >= c.base[len(c.base)-1].end {
		to--
	}
	return c.atoms[from:to]
}

// covering returns the index, from the given one on, of the utterance that
// holds the middle of a.
func covering(utts []utterance, from int, a atom) int {
	for from < len(utts)-1 && utts[from].end <= a.middle() {
		from++
	}
	return from
}

// distinct counts the different values of labels.
func distinct(labels []int) int {
	seen := make(map[int]bool)
	for _, l := range labels {
		seen[l] = true
	}
	return len(seen)
}
