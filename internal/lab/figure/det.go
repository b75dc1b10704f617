package figure

import (
	"fmt"
	"io"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/seed-7adb9000/diarizer/internal/lab/calibration"
)

// Curve is one detection error trade-off.
type Curve struct {
	Name   string
	Points []calibration.Point
}

// The rates that a DET plot shows, as Martin et al. have it: on the scale of
// the normal deviate, on which normally distributed scores give straight lines.
const (
	lowestRate  = 0.001
	highestRate = 0.6
)

// WriteDET draws detection error trade-offs (Martin et al., "The DET curve in
// assessment of detection task performance", 1997): nearer to the lower left
// corner is better. The legend holds the equal error rates (EER). It is [ErrNothing]
// where no curve has points.
func WriteDET(w io.Writer, title string, curves []Curve) error {
	p := newPlot(title, "false alarm, % of comparisons of two speakers", "miss, % of comparisons of one speaker")
	ticks := deviates()
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks, ticks
	grid(p)
	// The lower left corner is where perfection would be.
	p.Legend.Left, p.Legend.XOffs, p.Legend.YOffs = true, 10*px, 8*px
	var words []string
	for i, c := range curves {
		if len(c.Points) == 0 {
			continue
		}
		l, err := line(visible(c.Points), i)
		if err != nil {
			return err
		}
		p.Add(l)
		label := fmt.Sprintf("%s: EER %.1f %%", c.Name, 100*calibration.EqualError(c.Points))
		p.Legend.Add(label, l)
		words = append(words, label)
	}
	if len(words) == 0 {
		return ErrNothing
	}
	p.X.Min, p.X.Max = deviate(lowestRate), deviate(highestRate)
	p.Y.Min, p.Y.Max = p.X.Min, p.X.Max
	return write(w, p, title+": "+strings.Join(words, "; "))
}

func deviate(rate float64) float64 { return distuv.UnitNormal.Quantile(rate) }

// visible returns the part of the curve within the plot on its scale; what lies
// beyond the edge is drawn on it. Points that repeat are left out, and a curve
// within less than a hundredth of a deviate too.
func visible(points []calibration.Point) plotter.XYs {
	clip := func(rate float64) float64 { return deviate(min(max(rate, lowestRate), highestRate)) }
	var out plotter.XYs
	for i, q := range points {
		at := plotter.XY{X: clip(q.FalseAlarm), Y: clip(q.Miss)}
		if n := len(out); n > 0 && i < len(points)-1 {
			if dx, dy := at.X-out[n-1].X, at.Y-out[n-1].Y; dx*dx+dy*dy < 1e-4 {
				continue
			}
		}
		out = append(out, at)
	}
	return out
}

// deviates returns ticks at the customary rates.
func deviates() plot.ConstantTicks {
	var out plot.ConstantTicks
	for _, percent := range []float64{0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 40, 60} {
		out = append(out, plot.Tick{Value: deviate(percent / 100), Label: fmt.Sprintf("%g", percent)})
	}
	return out
}
