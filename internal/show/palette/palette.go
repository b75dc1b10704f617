// Package palette gives each speaker a colour. The colours are those of Okabe and Ito,
// "Color Universal Design" (2008), which people of every colour vision can tell apart.
// Black is left out: text and axes are black.
package palette

import (
	"fmt"
	"image/color"
)

// Colour is an opaque colour, 0xrrggbb.
type Colour uint32

// The colours of Okabe and Ito, and greys that fit them.
const (
	Blue       Colour = 0x0072b2
	Orange     Colour = 0xe69f00
	Green      Colour = 0x009e73
	Purple     Colour = 0xcc79a7
	Sky        Colour = 0x56b4e9
	Vermillion Colour = 0xd55e00
	Yellow     Colour = 0xf0e442
	Grey       Colour = 0x8a8a8a
	Ink        Colour = 0x1f2328
	White      Colour = 0xffffff
)

// Count is how many colours there are before they repeat.
const Count = 7

// Of returns the colour of speaker i, counted from 0. Neighbours also differ in lightness.
// After [Count] speakers the colours repeat, so that a name has to stand beside the colour.
// A negative i is an unknown speaker, who is grey.
func Of(i int) Colour {
	if i < 0 {
		return Grey
	}
	return [Count]Colour{Blue, Orange, Green, Purple, Sky, Vermillion, Yellow}[i%Count]
}

func (c Colour) channels() (r, g, b uint8) { return uint8(c >> 16), uint8(c >> 8), uint8(c) }

// RGBA makes a Colour a [color.Color].
func (c Colour) RGBA() (r, g, b, a uint32) {
	red, green, blue := c.channels()
	return color.RGBA{red, green, blue, 0xff}.RGBA()
}

// Hex returns the colour in the form of CSS and terminals, #rrggbb.
func (c Colour) Hex() string { return fmt.Sprintf("#%06x", uint32(c)) }

// Over returns the colour of c on top of below, with an opacity from 0 to 1.
func (c Colour) Over(below Colour, opacity float64) Colour {
	mix := func(shift int) Colour {
		a, b := float64(c>>shift&0xff), float64(below>>shift&0xff)
		return Colour(a*opacity+b*(1-opacity)+0.5) << shift
	}
	return mix(16) | mix(8) | mix(0)
}
