package eigenvoice

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// channel integrates an utterance's channel factor z ~ N(0, I) out of its
// statistics. With
//
//	E⁻¹ = Σ_t U_tᵀ C_t⁻¹ U_t,  e = Σ_t U_tᵀ C_t⁻¹ (x_t − m_t),
//	F   = Σ_t U_tᵀ C_t⁻¹ V_t,  K⁻¹ = E⁻¹ + I,
//
// the pair <d, D⁻¹> becomes g = d − Fᵀ K e and H⁻¹ − I = D⁻¹ − Fᵀ K F. With
// K⁻¹ = L Lᵀ both are sums over the rows of L⁻¹ F and L⁻¹ e, so that nothing
// is inverted.
type channel struct {
	nu, mu int
	eInv   []float64 // E⁻¹, packed; then L
	e      []float64 // then L⁻¹ e
	f      []float64 // μ×ν; then L⁻¹ F
}

func newChannel(nu, mu int) channel {
	return channel{nu: nu, mu: mu, eInv: make([]float64, packedLen(mu)),
		e: make([]float64, mu), f: make([]float64, mu*nu)}
}

// integrate subtracts the channel's part from s, which holds <d, D⁻¹>.
func (c *channel) integrate(s *model.Stats, sum *sums) {
	widen(c.eInv, sum.eInv)
	widen(c.e, sum.e)
	widen(c.f, sum.f)
	for i, row := 0, 0; i < c.mu; i, row = i+1, row+i+1 {
		li, fi := c.eInv[row:row+i+1], block(c.f, i, c.nu)
		for j, rowJ := 0, 0; j < i; j, rowJ = j+1, rowJ+j+1 {
			lj := c.eInv[rowJ : rowJ+j+1]
			li[j] = (li[j] - floats.Dot(li[:j], lj[:j])) / lj[j]
			floats.AddScaled(fi, -li[j], block(c.f, j, c.nu))
		}
		pivot := math.Sqrt(max(1+li[i]-floats.Dot(li[:i], li[:i]), minPivot))
		li[i] = pivot
		c.e[i] = (c.e[i] - floats.Dot(li[:i], c.e[:i])) / pivot
		floats.Scale(1/pivot, fi)

		floats.AddScaled(s.D, -c.e[i], fi)
		for r, at := 0, 0; r < c.nu; r, at = r+1, at+r+1 {
			floats.AddScaled(s.DInv[at:at+r+1], -fi[r], fi[:r+1])
		}
	}
}

// minPivot keeps what rounding has left of a pivot away from 0.
const minPivot = 1e-9
