package figure

import (
	"fmt"
	"io"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/seed-7adb9000/diarizer/internal/lab/calibration"
	"github.com/seed-7adb9000/diarizer/internal/show/palette"
)

// Reliability is one curve of a reliability diagram.
type Reliability struct {
	Name   string
	Claims []calibration.Claim
}

// WriteReliability draws a reliability diagram (Murphy & Winkler, 1977): for
// each tenth of confidence, the share of claims that were right, as a disc with
// an area in proportion to their weight. Honest probabilities lie on the
// diagonal, overconfident ones below. The legend holds the Brier score and the
// expected calibration error. It is [ErrNothing] where there are no claims.
func WriteReliability(w io.Writer, title string, curves []Reliability) error {
	p := newPlot(title, "confidence, % (mean of each tenth)", "right, %")
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 100, 0, 100
	p.X.Tick.Marker, p.Y.Tick.Marker = percents, percents
	// The lower right corner is for those who are sure and wrong.
	p.Legend.Left, p.Legend.XOffs, p.Legend.YOffs = true, 190*px, 10*px
	grid(p)
	honest, err := plotter.NewLine(plotter.XYs{{X: 0, Y: 0}, {X: 100, Y: 100}})
	if err != nil {
		return err
	}
	honest.LineStyle = draw.LineStyle{Color: palette.Grey, Width: px, Dashes: []vg.Length{4 * px, 4 * px}}
	p.Add(honest)
	var words []string
	for i, c := range curves {
		bins := calibration.Bins(c.Claims, calibration.DefaultBins)
		var points plotter.XYs
		var sizes []float64
		var most float64
		for _, b := range bins {
			if b.Weight > 0 {
				points = append(points, plotter.XY{X: 100 * b.Confidence, Y: 100 * b.Right})
				sizes = append(sizes, b.Weight)
				most = max(most, b.Weight)
			}
		}
		if len(points) == 0 {
			continue
		}
		l, err := line(points, i)
		if err != nil {
			return err
		}
		discs, err := plotter.NewScatter(points)
		if err != nil {
			return err
		}
		discs.GlyphStyleFunc = func(k int) draw.GlyphStyle {
			return draw.GlyphStyle{Color: palette.Of(i), Shape: draw.CircleGlyph{},
				Radius: vg.Length(2.5+9*math.Sqrt(sizes[k]/most)) * px}
		}
		p.Add(l, discs)
		label := fmt.Sprintf("%s: %d, Brier score %.3f, calibration error %.3f",
			c.Name, len(c.Claims), calibration.Brier(c.Claims), calibration.ExpectedError(bins))
		p.Legend.Add(label, l)
		words = append(words, label)
	}
	if len(words) == 0 {
		return ErrNothing
	}
	return write(w, p, title+": "+strings.Join(words, "; "))
}

var percents = plot.TickerFunc(func(low, high float64) []plot.Tick {
	var out []plot.Tick
	for v := math.Ceil(low/10) * 10; v <= high; v += 10 {
		t := plot.Tick{Value: v}
		if math.Mod(v, 20) == 0 {
			t.Label = fmt.Sprintf("%.0f", v)
		}
		out = append(out, t)
	}
	return out
})
