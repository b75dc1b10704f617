package compare

import (
	"fmt"

	"github.com/seed-7adb9000/diarizer/internal/lab/baselines"
	"github.com/seed-7adb9000/diarizer/internal/lab/calibration"
	"github.com/seed-7adb9000/diarizer/internal/lab/experiment"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

// contender is a method with the settings among which the other half chooses.
type contender struct {
	name string
	// aligned says that the method needs the UBM's alignment of the frames.
	aligned  bool
	settings []setting
}

// setting is a way to run a method.
type setting struct {
	// label says what is set, empty where only the threshold is.
	label string
	// own says that the method brings its threshold, 0.
	own  bool
	open func() clustering
}

// clustering is a method, whatever it keeps of a cluster.
type clustering interface {
	agglomerate(us []baselines.Utterance) []baselines.Merge
	// greedy returns online clustering, utterances prepared.
	greedy(us []baselines.Utterance) func(threshold float64) []int
	// trials are each utterance against what each speaker has said before.
	trials(us []baselines.Utterance, r *experiment.Recording) []calibration.Trial
}

type by[C baselines.Cluster[C]] struct{ method baselines.Method[C] }

func (b by[C]) clusters(us []baselines.Utterance) []C {
	out := make([]C, len(us))
	for i, u := range us {
		out[i] = b.method.Utterance(u)
	}
	return out
}

func (b by[C]) agglomerate(us []baselines.Utterance) []baselines.Merge {
	return baselines.Agglomerate(b.method, b.clusters(us))
}

func (b by[C]) greedy(us []baselines.Utterance) func(float64) []int {
	clusters := b.clusters(us)
	return func(threshold float64) []int { return baselines.Greedy(b.method, clusters, threshold) }
}

func (b by[C]) trials(us []baselines.Utterance, r *experiment.Recording) []calibration.Trial {
	said := make(map[int]C)
	var out []calibration.Trial
	for i, u := range b.clusters(us) {
		speaker := r.Utterances[i].Speaker
		for k := range r.Speakers {
			if c, ok := said[k]; ok {
				out = append(out, calibration.Trial{Score: b.method.Score(c, u), Same: k == speaker})
			}
		}
		if c, ok := said[speaker]; ok {
			c.Add(u)
		} else {
			said[speaker] = u
		}
	}
	return out
}

// penalties are the weights α that BIC is tried with.
var penalties = []float64{1, 1.5, 2, 2.5, 3, 4, 6}

// contenders returns the methods in the order of the table. Single Gaussians
// get the features without deltas: with them a second of speech does not fill
// the covariance.
func contenders(m *eigenvoice.Model) []contender {
	static := m.Features
	static.Deltas = false
	closed := func(name string, channels, whole bool) contender {
		return contender{name: name, aligned: true, settings: []setting{{open: func() clustering {
			return by[*baselines.Voice]{baselines.NewClosedForm(m, channels, whole)}
		}}}}
	}
	out := []contender{closed("proposed, eigenvoices", false, false)}
	if m.Mu > 0 {
		out = append(out, closed("proposed + eigenchannels", true, false))
	}
	out = append(out, closed(ours("eigenvoices, with offsets, slack, length", m.IgnoreChannels || m.Mu == 0), false, true))
	if m.Mu > 0 {
		out = append(out, closed(ours("eigenchannels, with offsets, slack, length", !m.IgnoreChannels), true, true))
	}
	for _, perFrame := range []bool{false, true} {
		name := "CLR"
		if perFrame {
			name = "CLR per frame"
		}
		out = append(out, contender{name: name, aligned: true, settings: []setting{{open: func() clustering {
			return by[*baselines.Mixture]{baselines.NewCrossLikelihood(m, perFrame)}
		}}}})
	}
	out = append(out, contender{name: "GLR", settings: []setting{{open: func() clustering {
		return by[*baselines.Gaussian]{baselines.NewGaussians(m, static.Dim(), 0)}
	}}}})
	bic := contender{name: "BIC"}
	for _, alpha := range penalties {
		bic.settings = append(bic.settings, setting{label: fmt.Sprintf("α %g", alpha), own: true, open: func() clustering {
			return by[*baselines.Gaussian]{baselines.NewGaussians(m, static.Dim(), alpha)}
		}})
	}
	out = append(out, bic)
	for _, cosine := range []bool{false, true} {
		name := "EV"
		if cosine {
			name = "EV, cosine"
		}
		out = append(out, contender{name: name, aligned: true, settings: []setting{{open: func() clustering {
			return by[*baselines.Point]{baselines.NewEigenvoices(m, cosine)}
		}}}})
	}
	return out
}

// ours marks the name of the method that streams are followed with.
func ours(name string, is bool) string {
	if is {
		return name + " (this program)"
	}
	return name
}
