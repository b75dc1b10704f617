// Package figure draws the curves by which decisions are judged, as SVG:
// reliability (what was claimed against what was right) and the detection error
// trade-off.
package figure

import (
	"bytes"
	"errors"
	"html"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/seed-7adb9000/diarizer/internal/show/palette"
)

// ErrNothing is returned when there is nothing to draw.
var ErrNothing = errors.New("nothing to draw")

const (
	px     = vg.Inch / 96
	width  = 640 * px
	height = 560 * px
)

// newPlot returns a plot in the program's style.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	sans := func(size vg.Length) font.Font {
		return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size * px}
	}
	p.Title.Text, p.Title.TextStyle.Font, p.Title.Padding = title, sans(17), 10*px
	p.Title.TextStyle.Color = palette.Ink
	for _, a := range []struct {
		axis  *plot.Axis
		label string
	}{{&p.X, x}, {&p.Y, y}} {
		a.axis.Label.Text, a.axis.Label.TextStyle.Font = a.label, sans(14)
		a.axis.Label.Padding = 6 * px
		a.axis.Tick.Label.Font = sans(12)
		a.axis.Color, a.axis.Tick.Color = palette.Grey, palette.Grey
		a.axis.Label.TextStyle.Color, a.axis.Tick.Label.Color = palette.Ink, palette.Ink
	}
	p.Legend.TextStyle.Font, p.Legend.TextStyle.Color = sans(12), palette.Ink
	p.Legend.Padding = 3 * px
	return p
}

// grid adds the lines of the ticks.
func grid(p *plot.Plot) {
	g := plotter.NewGrid()
	g.Vertical.Color, g.Horizontal.Color = palette.Grey.Over(palette.White, 0.25), palette.Grey.Over(palette.White, 0.25)
	p.Add(g)
}

// line returns a line of the i-th colour through the points.
func line(points plotter.XYs, i int) (*plotter.Line, error) {
	l, err := plotter.NewLine(points)
	if err != nil {
		return nil, err
	}
	l.LineStyle = draw.LineStyle{Color: palette.Of(i), Width: 2 * px}
	// After as many curves as there are colours, dashes tell them apart.
	if i >= palette.Count {
		l.Dashes = []vg.Length{6 * px, 3 * px}
	}
	return l, nil
}

// write draws p as an SVG document that says in words what it shows.
func write(w io.Writer, p *plot.Plot, words string) error {
	canvas := vgsvg.NewWith(vgsvg.UseWH(width, height))
	c := draw.New(canvas)
	c.FillPolygon(palette.White, []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}})
	p.BackgroundColor = nil
	p.Draw(draw.Crop(c, 12*px, -18*px, 10*px, -12*px))
	var file bytes.Buffer
	if _, err := canvas.WriteTo(&file); err != nil {
		return err
	}
	// The font's own name is known on few systems.
	svg := bytes.ReplaceAll(file.Bytes(), []byte("font-family:Liberation Sans;"),
		[]byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
	const head = "xmlns:xlink=\"http://www.w3.org/1999/xlink\">\n"
	described := head[:len(head)-2] + " role=\"img\">\n<title>" + html.EscapeString(words) + "</title>\n"
	_, err := w.Write(bytes.Replace(svg, []byte(head), []byte(described), 1))
	return err
}
