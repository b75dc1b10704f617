package tracks

import (
	"math"
	"slices"

	"github.com/seed-7adb9000/diarizer/internal/session/picture"
)

// hop is the length of a frame, in samples.
const hop = picture.Hop

// How leakage is told from speech. What one microphone hears of another one's speaker
// rises and falls as that does, in all bands, a little later; two people who speak at once do
// not, whatever their levels. Tracks are recorded at any level, so that no level
// decides; of two tracks that hear the same, it was said where it stands out more from what is
// there besides. Times are in frames of 10 ms where nothing else is said.
const (
	step     = 5   // between two decisions
	back     = 45  // before a moment that are compared
	ahead    = 25  // behind it
	fewest   = 15  // that can be compared
	latest   = 12  // by which sound may come later, or tracks be apart
	arrives  = 20  // by which the other track's copy may be waited for
	offset   = 40  // the most that two devices are apart besides
	learning = 200 // that are compared to learn how far they are apart
	alike    = 0.5 // correlation of what is the same
	certain  = 0.6 // correlation from which on two devices are that far apart
	quietly  = 0.1 // the part of the frames of a track below its floor
	margin   = 4.0 // decibels above the floor of what is heard at all
	hole     = 15  // of the shortest pause
	confirm  = 4   // steps that a change is looked at before it is made
	calm     = 6   // steps of quiet after which a closed track is open again
	fade     = 3000
)

// delay is by how much later than it was heard sound leaves the gate, in samples.
const delay = hop * (ahead + arrives + step*(confirm+1))

// mark is what a step of a track is.
type mark uint8

const (
	quiet mark = iota
	own
	leaked
)

// gate takes from every track what was said into another one's microphone, while it
// comes: there is as much noise there as there is besides. It is a function of the samples
// alone, and keeps some seconds of them.
type gate struct {
	ears  []*ear
	about [][]int // by how many frames one hears the same later than another
	tried [][]int // the candidates before
	paths [][]path
	first int // the number of the first frame that is kept
	heard int // how many frames there were, in all
	steps int // that were marked
	done  int // steps that have left
}

// ear is what one track hears.
type ear struct {
	painter *picture.Painter
	frames  []picture.Frame // that are kept
	floor   float64         // the level that is there besides speech, in decibels
	counts  [256]int        // of the levels lately
	total   int
	sound   []float32 // of the frames that are kept
	marks   []mark    // of the steps that have not left, the first one last gone
	shut    bool
	spoke   bool // whether the last step was the track's own
	calm    int
	noise   uint64
	taken   int64 // frames that were somebody else's
}

func newGate(n int) *gate {
	g := &gate{}
	for i := range n {
		g.ears = append(g.ears, &ear{painter: picture.NewPainter(), noise: uint64(i + 1)})
		g.about = append(g.about, make([]int, n))
		g.paths = append(g.paths, make([]path, n))
		g.tried = append(g.tried, slices.Repeat([]int{math.MinInt / 2}, n))
	}
	return g
}

// push takes a hop of every track and hands on what leaves for it, a step of every track
// at a time.
func (g *gate) push(hops [][]float32, pass func(tracks [][]float32)) {
	for i, e := range g.ears {
		e.add(hops[i])
	}
	if g.heard++; g.heard%step != 0 {
		return
	}
	for _, e := range g.ears {
		e.settle()
	}
	if g.heard%(5*step) == 0 {
		g.learn()
	}
	g.leave(g.heard-ahead-arrives, confirm, pass)
}

// flush hands on everything that has not left. The gate then is as a new one that has
// learned.
func (g *gate) flush(pass func(tracks [][]float32)) {
	rest := g.heard % step
	for range (step - rest) % step { // a whole step
		for _, e := range g.ears {
			e.add(make([]float32, hop))
		}
		g.heard++
	}
	cut := (step - rest) % step * hop
	g.leave(g.heard, 0, func(tracks [][]float32) {
		if g.done*step == g.heard {
			for i := range tracks {
				tracks[i] = tracks[i][:len(tracks[i])-cut]
			}
		}
		pass(tracks)
	})
	g.first, g.heard, g.steps, g.done = 0, 0, 0, 0
	for _, e := range g.ears {
		e.frames, e.sound, e.marks = e.frames[:0], e.sound[:0], e.marks[:0]
		e.shut, e.spoke, e.calm = false, false, 0
		e.painter = picture.NewPainter()
	}
}

// leave marks the steps before a frame and lets those go behind which so many are
// marked.
func (g *gate) leave(before, behind int, pass func([][]float32)) {
	for (g.steps+1)*step <= before {
		for i, e := range g.ears {
			e.marks = append(e.marks, g.judge(i, g.steps*step-g.first))
		}
		g.steps++
	}
	for g.done+behind < g.steps {
		out := make([][]float32, len(g.ears))
		for i, e := range g.ears {
			out[i] = e.release((g.done*step - g.first) * hop)
			e.marks = slices.Delete(e.marks, 0, 1)
		}
		g.done++
		pass(out)
	}
	if drop := g.done*step - learning - 2*offset - back - g.first; drop > 2*learning {
		for _, e := range g.ears {
			e.frames = slices.Delete(e.frames, 0, drop)
			e.sound = slices.Delete(e.sound, 0, drop*hop)
		}
		g.first += drop
	}
}

// judge says what the step of a track is that begins with a kept frame.
func (g *gate) judge(i, from int) mark {
	e := g.ears[i]
	to := from + step
	if !e.loud(from, to) {
		return quiet
	}
	span := e.around(from, to)
	for j, o := range g.ears {
		if j == i || !o.loud(span.from-g.about[i][j]-latest, span.to-g.about[i][j]+latest) {
			continue
		}
		more, at, same := e.hears(o, span, g.about[i][j])
		if same && (more > 0 || more == 0 && j < i) && !g.paths[i][j].exceeds(e.between(o, stretch{from, to}, at)) {
			return leaked
		}
	}
	return own
}

// learn finds how far tracks are apart.
func (g *gate) learn() {
	n := len(g.ears[0].frames)
	span := stretch{n - learning - offset, n - offset}
	if span.from < 0 {
		return
	}
	for i, e := range g.ears {
		if !e.lively(span) {
			continue
		}
		for j := i + 1; j < len(g.ears); j++ {
			o := g.ears[j]
			if !o.lively(span) {
				continue
			}
			best, at := certain, math.MinInt/2
			for lag := -offset; lag <= offset; lag++ {
				if r := e.like(o, span, lag); r > best {
					best, at = r, lag
				}
			}
			if d := at - g.tried[i][j]; d >= -2 && d <= 2 && at > math.MinInt/2 {
				g.about[i][j], g.about[j][i] = at, -at
			}
			g.tried[i][j] = at
		}
	}
}
