package experiment

import "math"

// bestMatch returns the largest total of gain[i][perm(i)] over all one-to-one
// assignments of rows to columns (the Hungarian method by shortest augmenting
// paths, Jonker & Volgenant 1987). Rows beyond the columns stay unassigned.
func bestMatch(gain [][]float64) float64 {
	if len(gain) == 0 || len(gain[0]) == 0 {
		return 0
	}
	if len(gain) > len(gain[0]) {
		t := make([][]float64, len(gain[0]))
		for j := range t {
			for i := range gain {
				t[j] = append(t[j], gain[i][j])
			}
		}
		gain = t
	}
	rows, cols := len(gain), len(gain[0])
	rowPrice, colPrice := make([]float64, rows), make([]float64, cols+1)
	owner := make([]int, cols+1) // row of each column, −1 if free; the last is virtual
	for j := range owner {
		owner[j] = -1
	}
	for i := range rows {
		owner[cols] = i
		dist, from, seen := make([]float64, cols), make([]int, cols), make([]bool, cols+1)
		for j := range dist {
			dist[j] = math.Inf(1)
		}
		at := cols
		for owner[at] >= 0 {
			seen[at] = true
			r, next, step := owner[at], -1, math.Inf(1)
			for j := range cols {
				if seen[j] {
					continue
				}
				if d := -gain[r][j] - rowPrice[r] - colPrice[j]; d < dist[j] {
					dist[j], from[j] = d, at
				}
				if dist[j] < step {
					step, next = dist[j], j
				}
			}
			for j := range cols + 1 {
				switch {
				case seen[j]:
					rowPrice[owner[j]] += step
					colPrice[j] -= step
				case j < cols:
					dist[j] -= step
				}
			}
			at = next
		}
		for at != cols {
			owner[at] = owner[from[at]]
			at = from[at]
		}
	}
	var total float64
	for j, r := range owner[:cols] {
		if r >= 0 {
			total += gain[r][j]
		}
	}
	return total
}
