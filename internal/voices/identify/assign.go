package identify

import "math"

// Probabilities returns the probability that speaker i is person j, for all of them, of
// the log odds of each pair by itself (either as likely before). Each speaker is one
// person or a stranger, and each person one speaker or absent, so that every row and
// every column of the result adds up to 1 at most, and at most one number of each
// exceeds ½. A speaker is one of those enrolled with probability [Prior] before anything
// was heard.
//
// It is found by passing messages between speakers and persons, as targets are matched
// with measurements by Williams & Lau, "Approximate evaluation of marginal association
// probabilities with belief propagation" (2014), who show that this ends at one result.
// It is exact for one speaker, and for one person.
func Probabilities(odds [][]float64) [][]float64 {
	if len(odds) == 0 || len(odds[0]) == 0 {
		return odds
	}
	people := len(odds[0])
	prior := math.Log(Prior/(1-Prior)) - math.Log(float64(people))
	psi, up, down := grid(len(odds), people), grid(len(odds), people), grid(len(odds), people)
	for i, row := range odds {
		for j, v := range row {
			psi[i][j], down[i][j] = math.Exp(min(v+prior, mostOdds)), 1
		}
	}
	for range mostRounds {
		moved := 0.0
		for i := range psi {
			sum := 1.0
			for j, v := range psi[i] {
				sum += v * down[i][j]
			}
			for j, v := range psi[i] {
				up[i][j] = v / max(sum-v*down[i][j], 1)
			}
		}
		for j := range people {
			sum := 1.0
			for i := range up {
				sum += up[i][j]
			}
			for i := range up {
				next := 1 / max(sum-up[i][j], 1)
				moved = max(moved, math.Abs(next-down[i][j]))
				down[i][j] = next
			}
		}
		if moved < converged {
			break
		}
	}
	for i, row := range psi {
		sum := 1.0
		for j := range row {
			row[j] *= down[i][j]
			sum += row[j]
		}
		for j := range row {
			row[j] /= sum
		}
	}
	return psi
}

const (
	// mostOdds keeps the odds of a pair finite: nothing is surer than that.
	mostOdds = 12
	// mostRounds bounds the work; a few rounds are the rule.
	mostRounds = 200
	// converged is a change of a message that changes nothing.
	converged = 1e-9
)

func grid(rows, columns int) [][]float64 {
	all := make([]float64, rows*columns)
	g := make([][]float64, rows)
	for i := range g {
		g[i] = all[i*columns : (i+1)*columns : (i+1)*columns]
	}
	return g
}
