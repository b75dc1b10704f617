package metrics

import "time"

// score pairs the speakers and completes the counts.
func (t *timeline) score() (Score, map[string]string) {
	s := t.sum
	speakers := make(map[string]string)
	shared := t.matrix(t.scored)
	for r, h := range Assign(shared) {
		if h >= 0 && shared[r][h] > 0 {
			s.Confusion -= shared[r][h]
			speakers[t.hyp.names[h]] = t.ref.names[r]
		}
	}
	dominant := make([]time.Duration, len(t.hyp.names))
	for _, row := range shared {
		var most time.Duration
		for h, d := range row {
			s.Joint += d
			most = max(most, d)
			dominant[h] = max(dominant[h], d)
		}
		s.Covered += most
	}
	for _, d := range dominant {
		s.Pure += d
	}

	s.RefSpeakers, s.HypSpeakers, s.Recordings = t.ref.speakers(), t.hyp.speakers(), 1
	s.SpeakersOff = max(s.RefSpeakers-s.HypSpeakers, s.HypSpeakers-s.RefSpeakers)
	if s.SpeakersOff == 0 {
		s.Exact = 1
	}
	s.Jaccard = t.jaccard()
	return s, speakers
}

// jaccard is the least sum of Jaccard errors over the reference speakers that
// a pairing can give.
func (t *timeline) jaccard() float64 {
	index := make([][]float64, len(t.ref.names))
	for r, row := range t.matrix(t.whole) {
		index[r] = make([]float64, len(row))
		for h, both := range row {
			if both > 0 {
				index[r][h] = float64(both) / float64(t.ref.time[r]+t.hyp.time[h]-both)
			}
		}
	}
	sum := float64(t.ref.speakers())
	for r, h := range Assign(index) {
		if h >= 0 {
			sum -= index[r][h]
		}
	}
	return sum
}

func (t *timeline) matrix(pairs []time.Duration) [][]time.Duration {
	rows, n := make([][]time.Duration, len(t.ref.names)), len(t.hyp.names)
	for r := range rows {
		rows[r] = pairs[r*n : (r+1)*n]
	}
	return rows
}
