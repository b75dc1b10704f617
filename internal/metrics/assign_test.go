package metrics

import (
	"math"
	"math/rand/v2"
	"testing"
)

// bestSum is the largest sum of weights over all one-to-one pairings, found by
// trying them all.
func bestSum[T int64 | float64](weight [][]T) T {
	var try func(row int, used uint) T
	try = func(row int, used uint) T {
		if row == len(weight) {
			return 0
		}
		best := T(0)
		if len(weight[row]) < len(weight) { // some row must go without
			best = try(row+1, used)
		}
		for j, w := range weight[row] {
			if used&(1<<j) == 0 {
				best = max(best, w+try(row+1, used|1<<j))
			}
		}
		return best
	}
	return try(0, 0)
}

func checkAssign[T int64 | float64](t *testing.T, value func(*rand.Rand) T, tolerance T) {
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 3))
		rows, columns := 1+r.IntN(6), r.IntN(7)
		weight := make([][]T, rows)
		for i := range weight {
			for range columns {
				weight[i] = append(weight[i], value(r))
			}
		}
		var sum T
		used := make(map[int]bool)
		for i, j := range Assign(weight) {
			if j < 0 {
				continue
			}
			if used[j] {
				t.Fatalf("column %d twice, of %v", j, weight)
			}
			used[j] = true
			sum += weight[i][j]
		}
		if len(used) != min(rows, columns) {
			t.Fatalf("%d pairs of %v", len(used), weight)
		}
		if best := bestSum(weight); max(sum-best, best-sum) > tolerance {
			t.Fatalf("sum %v, best %v, of %v", sum, best, weight)
		}
	}
}

func TestAssignIsBest(t *testing.T) {
	t.Run("int64", func(t *testing.T) {
		checkAssign(t, func(r *rand.Rand) int64 { return r.Int64N(1e12) }, 0)
	})
	t.Run("ties", func(t *testing.T) {
		checkAssign(t, func(r *rand.Rand) int64 { return r.Int64N(3) }, 0)
	})
	t.Run("float64", func(t *testing.T) {
		checkAssign(t, (*rand.Rand).Float64, 1e-12)
	})
}

func TestAssignLarge(t *testing.T) {
	// Each row's best column is its own; the pairing must be the diagonal.
	const n, m = 200, 300
	weight := make([][]float64, n)
	for i := range weight {
		weight[i] = make([]float64, m)
		for j := range weight[i] {
			weight[i][j] = math.Exp(-math.Abs(float64(i - j)))
		}
	}
	for i, j := range Assign(weight) {
		if i != j {
			t.Errorf("row %d has column %d", i, j)
		}
	}
	if got := Assign[int64](nil); got != nil {
		t.Errorf("nothing assigned: %v", got)
	}
}
