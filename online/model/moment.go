package model

// Moment is the pair of a few frames with D⁻¹ reduced to its diagonal, as it is on
// average in the model's principal directions: a hundredth of the work of a pair,
// for asking which of the voices that are known has just been heard. The zero value
// is ready for [Accumulator.MomentInto].
type Moment struct {
	d, dInv []float32
}

// reset makes m the moment of no frames, for ν eigenvoices.
func (m *Moment) reset(nu int) {
	if len(m.d) != nu {
		m.d, m.dInv = make([]float32, nu), make([]float32, nu)
		return
	}
	clear(m.d)
	clear(m.dInv)
}
