package identify

// Name is who a speaker is, with the probability; Who is −1 for nobody.
type Name struct {
	Who         int
	Probability float64
}

// Names returns who the speakers are, of the log odds of each being each of the people
// (see [Probabilities]) and who they are called now, −1 for nobody. Somebody is named at
// a probability of [Sure], and keeps the name until it falls under [Doubtful]. Nobody is
// two speakers.
func Names(odds [][]float64, now []int) []Name {
	out := make([]Name, len(odds))
	taken := map[int]bool{}
	for i, row := range Probabilities(odds) {
		best := Name{Who: -1}
		for j, p := range row {
			if p > best.Probability {
				best = Name{j, p}
			}
		}
		if at := now[i]; at >= 0 && best.Probability < Sure && row[at] >= Doubtful {
			best = Name{at, row[at]}
		} else if best.Probability < Sure {
			best = Name{Who: -1}
		}
		if taken[best.Who] {
			best = Name{Who: -1} // rounding has brought two over one half
		}
		if best.Who >= 0 {
			taken[best.Who] = true
		}
		out[i] = best
	}
	return out
}
