// Package plot draws who spoke when: a lane for each speaker, and with a
// reference also what was missed, heard too much or given to another speaker.
package plot

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"image/color"
	"io"
	"slices"
	"strings"
	"unicode"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/show/palette"
	"github.com/seed-7adb9000/diarizer/internal/show/talk"
)

// Format is a file format of pictures.
type Format string

// The formats that [Write] can make.
const (
	SVG Format = "svg"
	PNG Format = "png"
)

// ErrNothing is returned when there is no turn to draw.
var ErrNothing = errors.New("no turns to draw")

// ErrFormat is matched by the error for a format other than SVG and PNG.
var ErrFormat = errors.New("unknown picture format")

// Options change the picture. The zero value is fine.
type Options struct {
	// Reference, if not empty, is who really spoke when.
	Reference []rttm.Segment
	// Title is the headline, the recording's name if empty.
	Title string
	// Width is that of the picture in pixels of 1/96 inch, DefaultWidth if 0.
	// A PNG has twice as many.
	Width int
}

// DefaultWidth and MaxWidth bound Options.Width.
const (
	DefaultWidth = 1200
	MaxWidth     = 20000
)

const (
	px         = vg.Inch / 96
	laneHeight = 34 * px
	pngScale   = 2
	maxPixels  = 100_000_000 // 400 MB while it is drawn
)

// Write draws the turns of one recording to w.
func Write(w io.Writer, format Format, turns []rttm.Segment, opts Options) error {
	width := opts.Width
	if width == 0 {
		width = DefaultWidth
	}
	if width < 200 || width > MaxWidth {
		return fmt.Errorf("width %d: expected 200 to %d pixels", width, MaxWidth)
	}
	pic, err := newPicture(turns, opts)
	if err != nil {
		return err
	}
	h := vg.Length(len(pic.lanes))*laneHeight + 108*px
	if pixels := float64(width) * float64(h/px) * pngScale * pngScale; format == PNG && pixels > maxPixels {
		return fmt.Errorf("a PNG of %d speakers would have %.0f million pixels: expected at most %d: choose SVG or a smaller width",
			len(pic.lanes), pixels/1e6, maxPixels/1_000_000)
	}
	var canvas vg.CanvasWriterTo
	switch format {
	case SVG:
		canvas = vgsvg.NewWith(vgsvg.UseWH(vg.Length(width)*px, h))
	case PNG:
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(
			vgimg.UseWH(vg.Length(width)*px, h), vgimg.UseDPI(96*pngScale))}
	default:
		return fmt.Errorf("%w %q: expected svg or png", ErrFormat, format)
	}
	pic.draw(draw.New(canvas), width)
	var file bytes.Buffer
	if _, err := canvas.WriteTo(&file); err != nil {
		return err
	}
	data := file.Bytes()
	if format == SVG {
		data = dress(data, pic.title+": "+pic.note)
	}
	_, err = w.Write(data)
	return err
}

// dress names fonts that other systems have in an SVG file, and says in words
// what it shows. Neither pattern can be part of a name: names are escaped.
func dress(svg []byte, words string) []byte {
	svg = bytes.ReplaceAll(svg, []byte(`style="font-family:Liberation Sans;`),
		[]byte(`style="font-family:Liberation Sans,Arial,Helvetica,sans-serif;`))
	const head = "xmlns:xlink=\"http://www.w3.org/1999/xlink\">\n"
	title := head[:len(head)-2] + " role=\"img\">\n<title>" + html.EscapeString(words) + "</title>\n"
	return bytes.Replace(svg, []byte(head), []byte(title), 1)
}

// bar is one rectangle of a lane, which is 1 high around 0.
type bar struct {
	Span
	low, high float64
	fill      color.Color
}

// lane is one row of the picture.
type lane struct {
	label string
	bars  []bar
}

// picture is what is drawn, before it has a size.
type picture struct {
	title string
	note  string // below the title
	lanes []lane
	end   float64
	marks int // lanes at the bottom that hold errors
}

func newPicture(turns []rttm.Segment, opts Options) (*picture, error) {
	found, real := talk.Summarise(turns), talk.Summarise(opts.Reference)
	if len(found.Turns)+len(real.Turns) == 0 {
		return nil, ErrNothing
	}
	p := &picture{title: opts.Title, end: max(found.End, real.End)}
	if p.title == "" {
		for _, s := range slices.Concat(turns, opts.Reference) {
			p.title = s.File
			break
		}
	}
	p.title = printable(p.title)
	if len(opts.Reference) == 0 {
		for i, s := range found.Speakers {
			p.lanes = append(p.lanes, lane{
				label: fmt.Sprintf("%s · %.0f %%", printable(s.Name), 100*s.Share),
				bars:  bars(found.Stretches, s.Name, -0.36, 0.36, palette.Of(i)),
			})
		}
		p.note = fmt.Sprintf("%s, %s in %s; beside each name its share of the talk time",
			talk.Count(found.People(), "speaker"), talk.Count(len(found.Turns), "turn"), talk.Clock(p.end))
		return p, nil
	}
	e, err := FindErrors(opts.Reference, turns)
	if err != nil {
		return nil, err
	}
	p.compare(found, real, e)
	return p, nil
}

// compare gives each reference speaker a lane with the reference above and
// what was found below, then lanes for speakers of no counterpart, then errors.
func (p *picture) compare(found, real talk.Summary, e Errors) {
	counterpart := make(map[string]string)
	for h, r := range e.Speakers {
		counterpart[r] = h
	}
	const refLow, refHigh, low, high = 0.12, 0.38, -0.38, 0.08
	for i, s := range real.Speakers {
		c := palette.Of(i)
		l := lane{label: printable(s.Name) + " = (not found)",
			bars: bars(real.Stretches, s.Name, refLow, refHigh, c.Over(palette.White, 0.45))}
		if h, ok := counterpart[s.Name]; ok {
			l.label = printable(s.Name) + " = " + printable(h)
			l.bars = append(l.bars, bars(found.Stretches, h, low, high, c)...)
		}
		p.lanes = append(p.lanes, l)
	}
	for _, s := range found.Speakers {
		if _, ok := e.Speakers[s.Name]; !ok {
			p.lanes = append(p.lanes, lane{label: "(nobody) = " + printable(s.Name),
				bars: bars(found.Stretches, s.Name, low, high, palette.Grey)})
		}
	}
	score := e.Score
	for _, m := range []struct {
		name  string
		rate  float64
		spans []Span
		fill  palette.Colour
	}{
		{"missed", score.MissRate(), e.Miss, palette.Ink},
		{"false alarm", score.FalseAlarmRate(), e.FalseAlarm, palette.Grey},
		{"confused", score.ConfusionRate(), e.Confusion, palette.Vermillion},
	} {
		l := lane{label: fmt.Sprintf("%s · %.1f %%", m.name, m.rate)}
		for _, s := range m.spans {
			l.bars = append(l.bars, bar{s, -0.3, 0.3, m.fill})
		}
		p.lanes = append(p.lanes, l)
		p.marks++
	}
	p.note = fmt.Sprintf("%s in the reference (thin bars), %d found (thick bars) in %s; diarization error %.1f %%",
		talk.Count(real.People(), "speaker"), found.People(), talk.Clock(p.end), score.DER())
}

func bars(turns []talk.Turn, speaker string, low, high float64, fill color.Color) []bar {
	var out []bar
	for _, t := range turns {
		if t.Speaker == speaker {
			out = append(out, bar{Span{t.Start, t.End}, low, high, fill})
		}
	}
	return out
}

// draw puts headline, note and lanes on the canvas.
func (p *picture) draw(c draw.Canvas, width int) {
	c.FillPolygon(palette.White, []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}})
	c = draw.Crop(c, 18*px, -26*px, 12*px, -14*px)
	title, note := style(17, palette.Ink), style(13, palette.Grey.Over(palette.Ink, 0.4))
	title.Font.Weight = xfont.WeightBold
	c.FillText(title, vg.Point{X: c.Min.X, Y: c.Max.Y - 17*px}, p.title)
	c.FillText(note, vg.Point{X: c.Min.X, Y: c.Max.Y - 38*px}, p.note)
	p.plot(width).Draw(draw.Crop(c, 0, 0, 0, -50*px))
}

func style(size vg.Length, c color.Color) text.Style {
	return text.Style{Color: c, Handler: plot.DefaultTextHandler,
		Font: font.Font{Typeface: "Liberation", Variant: "Sans", Size: size * px}}
}

// plot makes gonum's plot of the lanes: lane i is at y = −i.
func (p *picture) plot(width int) *plot.Plot {
	g := plot.New()
	g.X.Min, g.X.Max = 0, p.end
	g.Y.Min, g.Y.Max = 0.5-float64(len(p.lanes)), 0.5
	for _, axis := range []*plot.Axis{&g.X, &g.Y} {
		align := axis.Tick.Label
		axis.Padding = 0
		axis.Tick.Label = style(13, palette.Ink)
		axis.Tick.Label.XAlign, axis.Tick.Label.YAlign = align.XAlign, align.YAlign
		axis.Color, axis.Tick.Color = palette.Grey, palette.Grey
		axis.Tick.Length = 4 * px
	}
	g.Y.Width, g.Y.Tick.Length, g.Y.Tick.Width = 0, 6*px, 0
	g.X.Tick.Marker = plot.TickerFunc(func(low, high float64) []plot.Tick { return ticks(low, high, width) })
	labels := make(plot.ConstantTicks, len(p.lanes))
	for i, l := range p.lanes {
		labels[i] = plot.Tick{Value: -float64(i), Label: l.label}
	}
	g.Y.Tick.Marker = labels
	g.Add(p)
	return g
}

func ticks(low, high float64, width int) []plot.Tick {
	var out []plot.Tick
	at, _ := talk.Ticks(low, high, max(2, width/95))
	for _, t := range at {
		out = append(out, plot.Tick{Value: t, Label: talk.Clock(t)})
	}
	return out
}

// Plot draws the lanes, for gonum.
func (p *picture) Plot(c draw.Canvas, g *plot.Plot) {
	x, y := g.Transforms(&c)
	fill := func(s Span, low, high float64, col color.Color) {
		left, right := x(s.Start), x(s.End)
		if least := 0.75 * px; right-left < least { // a short turn in a long meeting stays visible
			right = left + least
		}
		right = min(right, c.Max.X)
		c.FillPolygon(col, []vg.Point{{X: left, Y: y(low)}, {X: right, Y: y(low)}, {X: right, Y: y(high)}, {X: left, Y: y(high)}})
	}
	band := palette.Grey.Over(palette.White, 0.10)
	for i := range p.lanes {
		if i%2 == 0 {
			fill(Span{0, p.end}, -float64(i)-0.5, -float64(i)+0.5, band)
		}
	}
	line := draw.LineStyle{Color: palette.Grey.Over(palette.White, 0.35), Width: 0.75 * px}
	for _, t := range g.X.Tick.Marker.Ticks(g.X.Min, g.X.Max) {
		c.StrokeLine2(line, x(t.Value), c.Min.Y, x(t.Value), c.Max.Y)
	}
	if p.marks > 0 {
		at := y(0.5 - float64(len(p.lanes)-p.marks))
		c.StrokeLine2(draw.LineStyle{Color: palette.Grey, Width: px}, c.Min.X, at, c.Max.X, at)
	}
	for i, l := range p.lanes {
		for _, b := range l.bars {
			fill(b.Span, b.low-float64(i), b.high-float64(i), b.fill)
		}
	}
}

// maxName is the length at which a name is cut, in characters.
const maxName = 40

// printable makes a name one line of bounded length that XML can hold.
func printable(name string) string {
	name = strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return unicode.ReplacementChar
		}
		return r
	}, name)
	if r := []rune(name); len(r) > maxName {
		return string(r[:maxName-1]) + "…"
	}
	return name
}
