package tracks

import (
	"math"
	"slices"

	"github.com/seed-7adb9000/diarizer/internal/session/picture"
)

// hop is the length of a frame, in samples.
const hop = picture.Hop

// How crosstalk is told from speech. Crosstalk rises and falls with the other track's
// speech, in all bands, a little later. Two people who speak at once do not rise and fall
// together, whatever their levels. Tracks are recorded at any level, so that the level does
// not decide: of two tracks that hear the same, the speaker is at the one whose sound is
// further above its own floor. Times are in frames of 10 ms unless another unit is given.
const (
	step     = 5    // from one decision to the next
	back     = 45   // compared before a step
	ahead    = 25   // compared after a step
	fewest   = 15   // the fewest that can be compared
	latest   = 12   // the greatest difference of a delay from the learned offset
	arrives  = 20   // the wait for the other track's copy
	offset   = 40   // the greatest offset between two devices that can be learned
	learning = 200  // compared to learn the offset
	alike    = 0.5  // least correlation of the same sound
	certain  = 0.6  // least correlation that an offset is learned from
	quietly  = 0.1  // share of a track's frames that is below its floor
	margin   = 4.0  // decibels above the floor from which a frame counts as sound
	hole     = 15   // the shortest pause
	confirm  = 4    // steps after a change that decide whether it is made
	calm     = 6    // quiet steps after which a shut track opens again
	fade     = 3000 // after twice as many, the counts of levels are halved
)

// delay is by how many samples sound leaves the gate later than it came.
const delay = hop * (ahead + arrives + step*(confirm+1))

// mark says what a step of a track is: quiet, the track's own speech, or crosstalk.
type mark uint8

const (
	quiet mark = iota
	own
	leaked
)

// gate replaces crosstalk in every track, as the sound comes, by noise of the level of the
// track's floor. It is a function of the samples alone, and keeps some seconds of them.
type gate struct {
	ears  []*ear
	about [][]int // [i][j]: by how many frames i hears the same sound later than j
	tried [][]int // the last candidates for about
	paths [][]path
	first int // the number of the first kept frame
	heard int // how many frames have come in all
	steps int // how many steps are marked
	done  int // how many steps have left
}

// ear is the state of one track.
type ear struct {
	painter *picture.Painter
	frames  []picture.Frame // the kept frames
	floor   float64         // the level between speech, in decibels
	counts  [256]int        // how many of the latest frames have each level
	total   int
	sound   []float32 // of the kept frames
	marks   []mark    // of the steps that have not left, the oldest first
	shut    bool
	spoke   bool // whether the last step was the track's own
	calm    int
	noise   uint64
	leaked  int64 // frames of crosstalk
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

// push takes a hop of every track, and hands what leaves the gate because of it to pass: a
// step of every track at a time.
func (g *gate) push(hops [][]float32, pass func(tracks [][]float32)) {
	for i, e := range g.ears {
		e.add(hops[i])
	}
	if g.heard++; g.heard%step != 0 {
		return
	}
	for _, e := range g.ears {
		e.updateFloor()
	}
	if g.heard%(5*step) == 0 {
		g.learn()
	}
	g.leave(g.heard-ahead-arrives, confirm, pass)
}

// flush hands everything that has not left to pass. The gate is then as new, but it keeps
// what it has learned.
func (g *gate) flush(pass func(tracks [][]float32)) {
	rest := g.heard % step
	for range (step - rest) % step { // fill the last step
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

// leave marks the steps before a frame. Steps leave once behind more steps are marked after
// them.
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

// judge marks the step of track i that begins at a kept frame.
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

// learn finds the offset of each pair of tracks. An offset counts when two looks agree on
// it.
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
