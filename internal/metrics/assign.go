package metrics

// Assign pairs rows with columns, one to one, so that the sum of the paired
// weights is largest. It returns each row's column, or −1 for rows beyond the
// number of columns. It is the Hungarian method (Kuhn 1955) as shortest
// augmenting paths over reduced costs (Tomizawa 1971, Edmonds & Karp 1972), in
// O(n²m) for the smaller side n and the larger side m.
//
// No tagged and maintained Go library offers it, hence these lines.
func Assign[T ~int64 | ~float64](weight [][]T) []int {
	rows := len(weight)
	if rows == 0 {
		return nil
	}
	columns := len(weight[0])
	if rows <= columns {
		owner := assignAll(rows, columns, func(i, j int) T { return -weight[i][j] })
		return inverse(owner, rows)
	}
	return assignAll(columns, rows, func(i, j int) T { return -weight[j][i] })
}

// assignAll gives every one of n rows one of m ≥ n columns at least cost. It
// returns each column's row or −1.
func assignAll[T ~int64 | ~float64](n, m int, cost func(i, j int) T) []int {
	owner := make([]int, m)
	for j := range owner {
		owner[j] = -1
	}
	rowPrice, columnPrice := make([]T, n), make([]T, m)
	distance, via, done := make([]T, m), make([]int, m), make([]bool, m)
	for row := range n {
		// The nearest free column, by way of columns whose rows would move on.
		for j := range m {
			distance[j] = cost(row, j) - rowPrice[row] - columnPrice[j]
			via[j], done[j] = -1, false
		}
		j := nearest(distance, done)
		for owner[j] >= 0 {
			done[j] = true
			i := owner[j]
			for k := range m {
				d := distance[j] + cost(i, k) - rowPrice[i] - columnPrice[k]
				if !done[k] && d < distance[k] {
					distance[k], via[k] = d, j
				}
			}
			j = nearest(distance, done)
		}
		// Prices that keep every reduced cost from becoming negative.
		rowPrice[row] += distance[j]
		for k := range m {
			if done[k] {
				columnPrice[k] -= distance[j] - distance[k]
				rowPrice[owner[k]] += distance[j] - distance[k]
			}
		}
		// Each row on the way moves to the column that it led to.
		for via[j] >= 0 {
			owner[j] = owner[via[j]]
			j = via[j]
		}
		owner[j] = row
	}
	return owner
}

func nearest[T ~int64 | ~float64](distance []T, done []bool) int {
	best := -1
	for j, d := range distance {
		if !done[j] && (best < 0 || d < distance[best]) {
			best = j
		}
	}
	return best
}

func inverse(owner []int, rows int) []int {
	column := make([]int, rows)
	for j, i := range owner {
		if i >= 0 {
			column[i] = j
		}
	}
	return column
}
