package segment

// deltas appends to each frame of static features their regression over span
// frames on both sides,
//
//	Δ_t = Σ_n n (c_{t+n} − c_{t−n}) / (2 Σ_n n²),  n = 1 … span,
//
// where the frames before the first and after the last repeat those. It keeps
// the 2·span + 1 frames that one delta needs.
type deltas struct {
	n, span int
	scale   float64
	ring    []float64 // (2·span+1)×n
	in, out int64     // frames taken and emitted
	frame   []float64 // what is emitted
}

func newDeltas(n, span int) deltas {
	d := deltas{n: n, span: span, ring: make([]float64, (2*span+1)*n), frame: make([]float64, n)}
	if span > 0 {
		d.frame = make([]float64, 2*n)
		for k := 1; k <= span; k++ {
			d.scale += 2 * float64(k*k)
		}
		d.scale = 1 / d.scale
	}
	return d
}

// at returns the static features of frame t, or of the nearest one there is.
func (d *deltas) at(t int64) []float64 {
	t = min(max(t, 0), d.in-1)
	i := int(t%int64(2*d.span+1)) * d.n
	return d.ring[i : i+d.n]
}

// next returns where the next frame's static features belong; push takes them.
func (d *deltas) next() []float64 {
	i := int(d.in%int64(2*d.span+1)) * d.n
	return d.ring[i : i+d.n]
}

func (d *deltas) push(emit func([]float64)) {
	d.in++
	if d.in > int64(d.span) {
		d.emit(emit)
	}
}

func (d *deltas) flush(emit func([]float64)) {
	for d.out < d.in {
		d.emit(emit)
	}
}

func (d *deltas) emit(emit func([]float64)) {
	copy(d.frame, d.at(d.out))
	if d.span > 0 {
		delta := d.frame[d.n:]
		clear(delta)
		for k := 1; k <= d.span; k++ {
			w := float64(k) * d.scale
			after, before := d.at(d.out+int64(k)), d.at(d.out-int64(k))
			for i := range delta {
				delta[i] += w * (after[i] - before[i])
			}
		}
	}
	d.out++
	emit(d.frame)
}

func (d *deltas) reset() { d.in, d.out = 0, 0 }
