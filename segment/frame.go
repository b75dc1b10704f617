package segment

import "math"

// ChunkFrames is the length of a chunk in frames: 100 ms. Chunks lie on a grid from the
// start of the stream. Utterances begin and end on the grid, or where speech does.
const ChunkFrames = 10

// Tracks is the number of voices that a network tells apart in one place.
const Tracks = 3

// Frame is what a [Segmenter] or a [Given] takes of [features.Hop] samples of sound.
type Frame struct {
	// Features are those of the frame. Where Speech is false they may be nil.
	Features []float64
	// Level is that of the sound in dBFS, 0 where it is not known.
	Level float64
	// Speech says whether the frame belongs to speech.
	Speech bool
	// Two is the probability that two or more people speak, 0 where nothing listens
	// for that.
	Two float32
	// Tracks are the probabilities that each of some voices speaks, all 0 where
	// nothing tells them apart. A voice keeps its track for some seconds.
	Tracks [Tracks]float32
}

// chunk is the frames of speech since the last point of the grid, as the next event will
// hand them over.
type chunk struct {
	dim    int
	rows   []float64 // features
	power  []float64 // of the frames whose level is known, full scale is 1
	two    []float32 // of each frame
	tracks []float32 // of each frame, Tracks values
}

func newChunk(dim int) chunk {
	return chunk{
		dim:    dim,
		rows:   make([]float64, 0, ChunkFrames*dim),
		power:  make([]float64, 0, ChunkFrames),
		two:    make([]float32, 0, ChunkFrames),
		tracks: make([]float32, 0, ChunkFrames*Tracks),
	}
}

func (c *chunk) empty() bool { return len(c.rows) == 0 }

func (c *chunk) frames() int64 { return int64(len(c.rows) / c.dim) }

func (c *chunk) add(f *Frame) {
	c.rows = append(c.rows, f.Features...)
	if f.Level != 0 {
		c.power = append(c.power, math.Pow(10, f.Level/10))
	}
	c.two = append(c.two, f.Two)
	c.tracks = append(c.tracks, f.Tracks[:]...)
}

// into puts the frames into an event, with what is known of them on average.
func (c *chunk) into(ev *Event) {
	ev.Frames = c.rows
	if len(c.power) > 0 {
		var sum float64
		for _, p := range c.power {
			sum += p
		}
		ev.Level = 10 * math.Log10(sum/float64(len(c.power))+1e-12)
	}
	n := float32(len(c.two))
	for i, two := range c.two {
		ev.Two += two / n
		for k := range ev.Tracks {
			ev.Tracks[k] += c.tracks[i*Tracks+k] / n
		}
	}
	ev.Crowd = ev.Two > 0.5
}

func (c *chunk) clear() {
	c.rows, c.power, c.two, c.tracks = c.rows[:0], c.power[:0], c.two[:0], c.tracks[:0]
}

func (c *chunk) fields() []any { return []any{&c.rows, &c.power, &c.two, &c.tracks} }
