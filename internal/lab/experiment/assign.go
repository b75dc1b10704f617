package experiment

import "github.com/seed-7adb9000/diarizer/internal/metrics"

// bestMatch returns the largest total of gain[i][perm(i)] over all one-to-one
// assignments of rows to columns. Rows beyond the columns stay unassigned.
func bestMatch(gain [][]float64) float64 {
	total := 0.0
	for i, j := range metrics.Assign(gain) {
		if j >= 0 {
			total += gain[i][j]
		}
	}
	return total
}
