// Package baselines holds the ways of comparing utterances that Jeon, Ma and
// Macho set beside each other ("An Utterance Comparison Model for Speaker
// Clustering Using Factor Analysis", ICASSP 2011): their closed form, with and
// without eigenchannels, and what it is to replace,
//
//	GLR  the generalised likelihood ratio of single Gaussians (Gish et al., 1991),
//	BIC  the Bayesian information criterion of the same (Chen & Gopalakrishnan, 1998),
//	CLR  the cross likelihood ratio of adapted mixtures (Reynolds et al., 1998),
//	EV   the distance between eigenvoice coordinates (Faltlhauser & Ruske, 2001).
//
// Each is a [Method] over statistics that add up, so that one agglomerative
// clustering ([Agglomerate]) and one online clustering ([Greedy]) serve all, and
// the score of two clusters is always that of all of their frames.
package baselines

import (
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

// Cluster is what a method keeps of the frames of an utterance or of several.
type Cluster[C any] interface {
	// Add adds the frames of another cluster, and Sub takes out those that
	// were added before.
	Add(C)
	Sub(C)
	// Clone returns a copy that shares nothing with the cluster.
	Clone() C
}

// Method compares clusters. It owns working memory and is not safe for
// concurrent use.
type Method[C Cluster[C]] interface {
	// Utterance returns the cluster of one utterance.
	Utterance(u Utterance) C
	// Score is larger the more a and b sound like one speaker. It is the
	// same, to the last bit, for b and a.
	Score(a, b C) float64
}

// Utterance is what methods may know of an utterance.
type Utterance struct {
	// Frames are its features as extracted, n×d by rows. A single Gaussian
	// needs no normalisation: what is added to all frames of a recording
	// changes no ratio.
	Frames []float64
	// Count is the number of frames.
	Count int
	// Counts are n_k, of length M, and First Σ_t γ_k(t) (x_t − m_k), M×d by
	// rows, of the normalised frames, neither scaled by φ.
	Counts, First []float64
}

// NewUtterance aligns frames, n×d by rows, with the UBM of acc, each less the
// mean that normalise takes off it. acc is reset first.
func NewUtterance(acc *eigenvoice.Accumulator, dim int, frames []float64, normalise func(dst, frame []float64)) Utterance {
	acc.Reset()
	x := make([]float64, dim)
	for at := 0; at < len(frames); at += dim {
		normalise(x, frames[at:at+dim])
		acc.Add(x)
	}
	return Utterance{Frames: frames, Count: acc.Frames(),
		Counts: append([]float64(nil), acc.Counts()...), First: append([]float64(nil), acc.First()...)}
}

// pairInto writes the pair of the utterance to dst. acc is reset first.
func (u *Utterance) pairInto(acc *eigenvoice.Accumulator, dst *model.Stats) {
	acc.Reset()
	acc.AddSums(u.Count, u.Counts, u.First)
	acc.StatsInto(dst)
}
