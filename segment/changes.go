package segment

import "math"

// changes scores the points of a region of speech as speaker changes. It keeps
// running sums of the features and their squares at the grid points of the recent
// past, so that the Gaussian of any stretch between them costs a subtraction.
type changes struct {
	cfg    Config
	dim    int
	keep   int       // grid points kept
	first  int64     // first frame of the region
	n      int64     // frames of the region so far
	sums   []float64 // ring of keep rows: Σx, Σx² of the region's frames before the grid point
	none   []float64 // the row of the region's first frame, 0
	last   []float64 // the newest row
	scores []float64 // ring of keep scores at grid points, NaN where unknown
}

func newChanges(cfg Config) changes {
	cfg.Context = (cfg.Context + ChunkFrames - 1) / ChunkFrames * ChunkFrames
	keep := 2*(cfg.Max+2*cfg.Context)/ChunkFrames + 2
	return changes{
		cfg:    cfg,
		dim:    cfg.Static,
		keep:   keep,
		sums:   make([]float64, keep*2*cfg.Static),
		none:   make([]float64, 2*cfg.Static),
		last:   make([]float64, 2*cfg.Static),
		scores: make([]float64, keep),
	}
}

// reset begins a region of speech at the given frame.
func (c *changes) reset(first int64) {
	c.first, c.n = first, 0
	clear(c.last)
	for i := range c.scores {
		c.scores[i] = math.NaN()
	}
}

// row returns the sums over the region's frames before the given one, which is the
// region's first, its end, or a grid point that is kept.
func (c *changes) row(frame int64) []float64 {
	switch frame {
	case c.first:
		return c.none
	case c.end():
		return c.last
	}
	return c.kept(frame)
}

// kept returns the row of a grid point.
func (c *changes) kept(frame int64) []float64 {
	i := int(frame/ChunkFrames%int64(c.keep)) * 2 * c.dim
	return c.sums[i : i+2*c.dim]
}

func (c *changes) add(x []float64) {
	for i, v := range x {
		c.last[i] += v
		c.last[c.dim+i] += v * v
	}
	c.n++
	if end := c.end(); end%ChunkFrames == 0 {
		copy(c.kept(end), c.last)
	}
}

// end is the position after the region's last frame.
func (c *changes) end() int64 { return c.first + c.n }

// score is the Bayesian information criterion of a change at the given grid point,
// the left context reaching back to from at most:
//
//	½ (n log|Σ| − n₁ log|Σ₁| − n₂ log|Σ₂|) − λ p log n,
//
// p being the number of features, as two diagonal Gaussians have 2p parameters
// more than one.
func (c *changes) score(from, at int64) float64 {
	ctx := int64(c.cfg.Context)
	left, right := max(from, at-ctx), min(at+ctx, c.end())
	n1, n2 := float64(at-left), float64(right-at)
	n := n1 + n2
	a, b, d := c.row(left), c.row(at), c.row(right)
	var glr float64
	for i := range c.dim {
		glr += n*logVar(d[i]-a[i], d[c.dim+i]-a[c.dim+i], n) -
			n1*logVar(b[i]-a[i], b[c.dim+i]-a[c.dim+i], n1) -
			n2*logVar(d[i]-b[i], d[c.dim+i]-b[c.dim+i], n2)
	}
	return glr/2 - c.cfg.Penalty*float64(c.dim)*math.Log(n)
}

// logVar is the log variance of n values of the given sum and sum of squares.
func logVar(sum, squares, n float64) float64 {
	mean := sum / n
	return math.Log(max(squares/n-mean*mean, minVar))
}

// minVar bounds the variance of features that stand still, such as those of
// digital silence inside speech.
const minVar = 1e-6

// peak returns a change point of the utterance that began at frame start, once
// enough is known to the right of it. now is the region's end, on the grid.
func (c *changes) peak(start, now int64) (int64, bool) {
	at := now - int64(c.cfg.Context)
	if at-start < int64(c.cfg.Min) {
		return 0, false
	}
	*c.scoreAt(at) = c.score(start, at)
	// A candidate lies half the shortest utterance back, so that it is known
	// to be higher than what is around it.
	side := int64(c.cfg.Min) / 2 / ChunkFrames * ChunkFrames
	cand := at - side
	if cand-start < int64(c.cfg.Min) {
		return 0, false
	}
	top := *c.scoreAt(cand)
	if !(top > 0) {
		return 0, false
	}
	for p := max(cand-side, start+int64(c.cfg.Min)); p <= at; p += ChunkFrames {
		if p != cand && *c.scoreAt(p) > top {
			return 0, false
		}
	}
	return cand, true
}

func (c *changes) scoreAt(frame int64) *float64 {
	return &c.scores[frame/ChunkFrames%int64(len(c.scores))]
}

// best returns the grid point in [from, to] that is most like a change, for an
// utterance that has to be cut somewhere.
func (c *changes) best(from, to int64) int64 {
	from = (from + ChunkFrames - 1) / ChunkFrames * ChunkFrames
	left := from - int64(c.cfg.Min)/ChunkFrames*ChunkFrames
	bestAt, bestScore := from, math.Inf(-1)
	for p := from; p <= to; p += ChunkFrames {
		if sc := c.score(left, p); sc > bestScore {
			bestAt, bestScore = p, sc
		}
	}
	return bestAt
}
