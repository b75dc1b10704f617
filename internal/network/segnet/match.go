package segnet

// orders are the ways in which three voices can be named.
var orders = [6][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}

// match renames the voices of all so that those of got, frames of all, speak when those
// of want do, as far as can be.
func match(want, got, all []Frame) {
	var together [3][3]float32
	for i := range min(len(want), len(got)) {
		for a := range together {
			for b := range together {
				together[a][b] += float32(want[i].Active(a) * got[i].Active(b))
			}
		}
	}
	best, most := orders[0], float32(-1)
	for _, o := range orders {
		if sum := together[0][o[0]] + together[1][o[1]] + together[2][o[2]]; sum > most {
			best, most = o, sum
		}
	}
	if best == orders[0] {
		return
	}
	for i := range all {
		all[i] = all[i].renamed(best)
	}
}

// renamed returns f with voice order[i] as voice i.
func (f Frame) renamed(order [3]int) Frame {
	out := Frame{0: f[0]}
	for i, from := range order {
		out[1+i] = f[1+from]
		for j := range i {
			out[pair(i, j)] = f[pair(from, order[j])]
		}
	}
	return out
}
