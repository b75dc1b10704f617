package compare

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/seed-7adb9000/diarizer/internal/lab/calibration"
)

// published are the figures of the paper's table 1, in percent, on 680 telephone
// calls of CALLHOME with 2 to 7 speakers.
var published = []struct {
	method       string
	purity, near float64
}{{"proposed, eigenvoices", 86.82, 81.97}, {"CLR", 85.50, 74.21}, {"GLR", 83.70, 64.06}, {"EV", 48.60, 64.24}}

// Write writes the sections, and the paper's own figures below them, as one
// table in Markdown.
func Write(w io.Writer, sections []Section) error {
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	fmt.Fprintln(t, "| recordings\t| method\t| offline: I_PUR\t| I_SPK, exact\t| I_SPK, near\t| DER\t| s\t| at\t| online: I_PUR\t| I_SPK, exact\t| I_SPK, near\t| DER\t| s\t| at\t| EER\t|")
	fmt.Fprintln(t, "| ---\t| ---\t| ---:\t| ---:\t| ---:\t| ---:\t| ---:\t| ---\t| ---:\t| ---:\t| ---:\t| ---:\t| ---:\t| ---\t| ---:\t|")
	for _, s := range sections {
		for _, l := range s.Lines {
			fmt.Fprintf(t, "| %s\t| %s\t", s.Name, l.Method)
			cells(t, l.Offline, l.OfflineAt)
			cells(t, l.Online, l.OnlineAt)
			fmt.Fprintf(t, "| %.1f\t|\n", 100*calibration.EqualError(calibration.DET(l.Trials)))
		}
	}
	for _, p := range published {
		fmt.Fprintf(t, "| CALLHOME (the paper's)\t| %s\t| %.1f\t| \t| %.1f ¹\t| \t| \t| \t| \t| \t| \t| \t| \t| \t| \t|\n", p.method, p.purity, p.near)
	}
	return t.Flush()
}

func cells(w io.Writer, o Outcome, at [2]Choice) {
	fmt.Fprintf(w, "| %.1f\t| %.1f\t| %.1f\t| %.1f\t| %.1f\t| %s / %s\t", o.Purity(), o.ExactSpeakers(), o.NearSpeakers(),
		o.Result.DER(), o.Seconds, at[0], at[1])
}

// String names the setting, and the threshold where that was chosen.
func (c Choice) String() string {
	if c.Label != "" {
		return c.Label
	}
	return fmt.Sprintf("%.3g", c.Threshold)
}

// Notes explain the table, in Markdown.
const Notes = `Utterances are the reference's turns, overlapped ones too, cut to at most 3 s, and the same for every method; so are the
features and the UBM. *offline*: agglomerative clustering, merged clusters scored anew from merged statistics. *online*:
every utterance joins the best cluster or founds one, for good. *at*: the threshold (BIC: its α, the threshold being 0)
with the least DER on the other half, for the first half of the recordings and for the second. *I_PUR*: frame-weighted
purity of the clusters, %. *I_SPK, exact*: recordings with the right number of speakers, %. *I_SPK, near*: mean of
1 − |N̂ − N| / N, %. *DER*: speaker confusion, and where two speak at once and got one label the second of them, in % of
speech; there is no speech detection in it. *s*: seconds for all recordings, from features on. *EER*: equal error rate, %, of the
scores of each utterance against what each speaker has said before.

¹ The paper does not say which reading of I_SPK it has. Its figures are of 680 calls of CALLHOME with its own speech
detection and features, so that only the order of the methods compares; eigenchannels added "one or two percent points".
`
