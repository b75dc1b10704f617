package report

import (
	"fmt"
	"strconv"

	g "maragu.dev/gomponents"
	"maragu.dev/gomponents/html"

	"github.com/seed-7adb9000/diarizer/internal/show/talk"
)

// page is the whole page. It is made of functions and not of a template, because a program
// with a template keeps every exported method of every type in it.
func page(d *data) g.Node {
	return html.Doctype(html.HTML(html.Lang("en"),
		html.Head(
			html.Meta(html.Charset("utf-8")),
			html.Meta(g.Attr("http-equiv", "Content-Security-Policy"), html.Content(d.Policy)),
			html.Meta(g.Attr("name", "viewport"), html.Content("width=device-width, initial-scale=1")),
			html.TitleEl(g.Text(d.Title+": who spoke when")),
			html.StyleEl(g.Raw(style)),
		),
		html.Body(
			html.Header(html.H1(g.Text(d.Title)), facts(d)),
			html.Main(
				g.If(len(d.Turns) == 0, html.P(g.Text("Nobody speaks."))),
				g.Iff(len(d.Turns) > 0, func() g.Node {
					return g.Group{timeline(d), shares(d), longest(d), interruptions(d), turns(d)}
				}),
			),
			html.Footer(soft, g.Text("Made by diarizer from "+d.Source+".")),
		),
	))
}

var (
	soft = html.Class("soft")
	left = html.Class("left")
	name = html.Class("name")
)

// facts are the line of numbers under the headline.
func facts(d *data) g.Node {
	fact := func(value, words string) g.Node {
		return html.Li(html.B(g.Text(value)), g.Text(" "), html.Span(soft, g.Text(words)))
	}
	return html.Ul(html.Class("facts"),
		fact(talk.Clock(d.End), "until the last word"),
		fact(strconv.Itoa(d.People()), plural(d.People(), "speaker")),
		fact(strconv.Itoa(len(d.Turns)), plural(len(d.Turns), "turn")),
		fact(percent(d.Speech, d.End), "of the time somebody speaks"),
		g.If(d.Overlap > 0, fact(percent(d.Overlap, d.Speech), "of the speech two or more at once")),
	)
}

// section is a part of the page with a heading.
func section(id, heading string, children ...g.Node) g.Node {
	return html.Section(html.Aria("labelledby", id), html.H2(html.ID(id), g.Text(heading)), g.Group(children))
}

// rect is a rectangle of a picture.
func rect(class, width, height string, more ...g.Node) g.Node {
	return g.El("rect", html.Class(class), html.Width(width), html.Height(height), g.Group(more))
}

func timeline(d *data) g.Node {
	return section("timeline", "Timeline", g.Map(d.Strips, func(s strip) g.Node {
		return html.Div(html.Class("strip"),
			html.Ul(html.Class("names"), html.Aria("hidden", "true"), g.Map(d.Speakers, func(sp talk.Speaker) g.Node {
				return html.Li(html.Title(sp.Name), g.Text(sp.Name))
			})),
			html.SVG(html.Height(strconv.Itoa(s.Height)), html.Role("img"),
				html.Aria("label", fmt.Sprintf("Turns from %s to %s; the same is in the table of all turns", talk.Clock(s.Start), talk.Clock(s.End))),
				g.Map(s.Bands, func(y int) g.Node {
					return rect("band", "100%", "20", g.Attr("y", strconv.Itoa(y)))
				}),
				g.Map(s.Ticks, func(t tick) g.Node {
					x, y := t.X+"%", strconv.Itoa(d.Lanes)
					return g.Group{
						g.El("line", html.Class("grid"), g.Attr("x1", x), g.Attr("x2", x), g.Attr("y2", y)),
						g.El("text", g.Attr("x", x), g.Attr("y", y), g.Attr("dy", "14"), g.Text(t.Label)),
					}
				}),
				g.Map(s.Bars, func(b bar) g.Node {
					return rect("turn "+colour(b.Colour), b.Width+"%", "14", g.Attr("x", b.X+"%"), g.Attr("y", strconv.Itoa(b.Y)),
						g.El("title", g.Text(b.Words)))
				}),
			),
		)
	}))
}

// colour is the class of a speaker's colour.
func colour(i int) string { return "c" + strconv.Itoa(i) }

// table is a table that scrolls where it is wider than the page. Each heading may begin with
// attributes of its cell.
func table(headings []g.Node, rows g.Node) g.Node {
	return html.Div(html.Class("scroll"), html.Table(
		html.THead(html.Tr(g.Map(headings, func(h g.Node) g.Node { return html.Th(html.Scope("col"), h) }))),
		html.TBody(rows),
	))
}

// texts are headings of words alone.
func texts(words ...string) []g.Node {
	return g.Map(words, func(w string) g.Node { return g.Text(w) })
}

// speaker is the heading of a row.
func speaker(children ...g.Node) g.Node { return html.Th(html.Scope("row"), name, g.Group(children)) }

func cell(words string) g.Node { return html.Td(g.Text(words)) }

func number(n int) g.Node { return cell(strconv.Itoa(n)) }

func shares(d *data) g.Node {
	headings := []g.Node{g.Text("Speaker"), g.Group{left, g.Text("Share")}, g.Text(""), g.Text("Time"), g.Text("Turns"), g.Text("Mean turn"), g.Text("Longest")}
	also := ""
	if d.Overlap > 0 {
		headings = append(headings, texts("Interrupts", "Interrupted", "Interjects")...)
		also = " and among the interruptions"
	}
	return section("shares", "Talk time",
		table(headings, g.Map(d.Rows, func(r row) g.Node {
			class := colour(r.Colour)
			return html.Tr(
				speaker(html.SVG(html.Class("key"), html.Width("13"), html.Height("13"), html.Aria("hidden", "true"), rect(class, "13", "13")), g.Text(r.Name)),
				html.Td(html.Class("share"), html.SVG(html.Height("12"), html.Aria("hidden", "true"), rect("track", "100%", "12"), rect(class, r.Width+"%", "12"))),
				cell(percent(r.Share, 1)), cell(talk.Clock(r.Talk)), number(r.Turns), cell(seconds(r.Mean)), cell(seconds(r.Longest.Length())),
				g.If(d.Overlap > 0, g.Group{number(r.Interrupts), number(r.Interrupted), number(r.Interjects)}),
			)
		})),
		html.P(soft, g.Text("Shares are of the talk time of all speakers. When two people speak at once, the time counts for both. The longest is the longest turn without a break. There, in the timeline"+also+", turns of one speaker that touch or overlap count as one.")),
	)
}

// list is the table of the given turns.
func list(all []talk.Turn) g.Node {
	return table(texts("Speaker", "From", "To", "Length"), g.Map(all, func(t talk.Turn) g.Node {
		return html.Tr(speaker(g.Text(t.Speaker)), cell(talk.Clock(t.Start)), cell(talk.Clock(t.End)), cell(seconds(t.Length())))
	}))
}

func longest(d *data) g.Node { return section("longest", "Longest turns", list(d.Long)) }

func interruptions(d *data) g.Node {
	const heading = "Interruptions"
	if d.Overlap == 0 {
		return section("interruptions", heading, html.P(g.Text("This page says nothing of interruptions and of speech at the same time: the turns that it was made from have at most one speaker at each moment. Either no two people spoke at the same time, or such speech was not looked for.")))
	}
	return section("interruptions", heading,
		html.P(g.Text("An interruption is a turn that begins at least "+seconds(talk.MinOverlap)+" before the end of another speaker's turn and goes on after it. A turn that begins and ends inside another's, such as “mhm”, is an interjection.")),
		g.If(len(d.Interruptions) == 0, html.P(g.Text("There is none."))),
		g.Iff(len(d.Interruptions) > 0, func() g.Node {
			return table([]g.Node{g.Text("Who"), g.Group{left, g.Text("interrupts")}, g.Text("at"), g.Text("both speak for")}, g.Map(d.Most, func(i talk.Interruption) g.Node {
				return html.Tr(speaker(g.Text(i.By)), html.Td(html.Class("left name"), g.Text(i.Of)), cell(talk.Clock(i.At)), cell(seconds(i.Overlap)))
			}))
		}),
		g.If(d.Rest, html.P(soft, g.Textf("These are the first %d of %d.", len(d.Most), len(d.Interruptions)))),
	)
}

func turns(d *data) g.Node {
	return html.Section(html.Details(html.Summary(g.Textf("All %d turns as a table", len(d.Turns))), list(d.Turns)))
}

func seconds(s float64) string { return fmt.Sprintf("%.1f s", s) }
