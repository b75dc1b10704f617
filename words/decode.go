package words

// A path is what is remembered on the way through the words of a block: who said
// the word before, who spoke before them, and how many words ago. Two people
// who talk at once each go on with their own sentence, so that whose turn the
// next word is depends on what each of them said last.
type path struct {
	now, before int // voices, or nobody; before is none where it is forgotten
	back        int // the last word of before is that many words ago
}

const (
	none = -1
	// memory is how many words one may say while the other's are remembered.
	memory = 6
	// unlikely is where a path is given up, against the best at the same word.
	unlikely = 1e-6
)

// then is the path on which who says the next word.
func (p path) then(who, nobody int) path {
	switch {
	case who != p.now && p.now != nobody:
		return path{who, p.now, 1}
	case who == p.now && p.before != none && p.back < memory:
		return path{who, p.before, p.back + 1}
	}
	return path{who, none, 0}
}

// number tells paths apart, from 0, where there are so many states.
func (p path) number(states int) int {
	return (p.now*(states+1)+p.before+1)*(memory+1) + p.back
}

// numbers is how many paths there can be.
func numbers(states int) int { return states * (states + 1) * (memory + 1) }

// arc leads from a path of the word before to one of this word.
type arc struct {
	from, to int
	p        float64
}

// layer is the paths that end in one word. best is the probability of the most
// probable way to each, by way of the path via of the layer before; forward that
// of all ways together. Both are scaled.
type layer struct {
	paths         []path
	arcs          []arc
	via           []int
	best, forward []float64
}

// decode joins one block.
func decode(block []Word, t timeline) []Said {
	s := newScene(block, t)
	layers := make([]layer, len(block))
	layers[0] = s.first()
	at := make([]int, numbers(len(s.prior)))
	for i := 1; i < len(block); i++ {
		layers[i] = s.next(i, layers[i-1], at)
	}
	out := make([]Said, len(block))
	shares := posteriors(layers, len(s.prior))
	for i, who := range best(layers) {
		out[i] = Said{Word: block[i], Probability: shares[i][who]}
		if who < len(s.voices) {
			out[i].Speaker = s.voices[who]
		}
	}
	return out
}

// first is the layer of the first word.
func (s *scene) first() layer {
	var l layer
	for who, p := range s.prior {
		l.add(path{who, none, 0})
		l.best[who] = p * s.like[0][who]
		l.forward[who] = l.best[who]
	}
	scale(l.best, top(l.best))
	scale(l.forward, sum(l.forward))
	return l
}

func (l *layer) add(p path) {
	l.paths, l.via = append(l.paths, p), append(l.via, none)
	l.best, l.forward = append(l.best, 0), append(l.forward, 0)
}

// next is the layer of word i. In at, all 0, it notes where a path is, from 1.
func (s *scene) next(i int, last layer, at []int) layer {
	var l layer
	states, nobody := len(s.prior), len(s.voices)
	chances := make([]float64, states)
	for from, p := range last.paths {
		if last.best[from] < unlikely {
			continue
		}
		s.chances(i, p, chances)
		for who, c := range chances {
			c *= s.like[i][who]
			to := p.then(who, nobody)
			n := to.number(states)
			if at[n] == 0 {
				l.add(to)
				at[n] = len(l.paths)
			}
			a := arc{from, at[n] - 1, c}
			l.arcs = append(l.arcs, a)
			l.forward[a.to] += last.forward[from] * c
			if v := last.best[from] * c; v > l.best[a.to] || l.via[a.to] == none {
				l.best[a.to], l.via[a.to] = v, from
			}
		}
	}
	for _, p := range l.paths {
		at[p.number(states)] = 0
	}
	scale(l.best, top(l.best))
	scale(l.forward, sum(l.forward))
	return l
}

// best is who says each word on the most probable way through all layers.
func best(layers []layer) []int {
	who := make([]int, len(layers))
	at := 0
	for i, v := range layers[len(layers)-1].best {
		if v == 1 { // as it is scaled
			at = i
			break
		}
	}
	for i := len(layers) - 1; i >= 0; i-- {
		who[i] = layers[i].paths[at].now
		at = layers[i].via[at]
	}
	return who
}

// posteriors are the probabilities of the voices, and of nobody, for each word.
func posteriors(layers []layer, states int) [][]float64 {
	out := make([][]float64, len(layers))
	all := make([]float64, len(layers)*states)
	backward := make([]float64, len(layers[len(layers)-1].paths))
	for at := range backward {
		backward[at] = 1
	}
	for i := len(layers) - 1; i >= 0; i-- {
		l := layers[i]
		out[i] = all[i*states : (i+1)*states]
		for at, p := range l.paths {
			out[i][p.now] += l.forward[at] * backward[at]
		}
		scale(out[i], sum(out[i]))
		if i == 0 {
			break
		}
		earlier := make([]float64, len(layers[i-1].paths))
		for _, a := range l.arcs {
			earlier[a.from] += a.p * backward[a.to]
		}
		scale(earlier, top(earlier))
		backward = earlier
	}
	return out
}

func sum(row []float64) (s float64) {
	for _, v := range row {
		s += v
	}
	return s
}

func top(row []float64) (most float64) {
	for _, v := range row {
		most = max(most, v)
	}
	return most
}

func scale(row []float64, by float64) {
	for i := range row {
		row[i] /= by
	}
}
