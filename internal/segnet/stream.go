package segnet

import (
	"github.com/seed-7adb9000/diarizer/internal/clean"
	"github.com/seed-7adb9000/diarizer/internal/simd"
)

// What a frame takes of the stages before it, in rows of theirs. A convolution of width
// rows reads the last overlap rows of a hop again for the next one, so that frame 0 takes
// a lead.
const (
	firstRows  = pool * pool // of the first stage, per frame
	secondRows = pool        // of the second stage
	overlap    = width - 1
	secondLead = overlap
	firstLead  = pool*secondLead + overlap
	soundLead  = pool * firstLead * stride // samples
	tail       = taps - stride             // samples that the next filter reads again
)

// Stream computes the frames of a sound without an end, hop by hop. SincNet goes over the
// sound once; its norms are over what was heard so far. The LSTMs that run forward
// go on from hop to hop. Those that run backward begin where the sound ahead of the hop
// ends, with no state.
//
// The frames depend on the samples alone, not on the blocks in which they are
// pushed. A stream is not safe for concurrent use. Use [NewStream].
type Stream struct {
	worker
	cfg Config

	started  bool         // the first hop has been computed
	samples  []float32    // from where the first convolution goes on
	rows     [2][]float32 // of the first two stages: the overlap, then the hop
	features []float32    // of frames that have not come out
	forward  [layers]memory
	sound    running
	stages   [3]running
	replaced int64

	ahead, backward memory       // scratch
	layers          [2][]float32 // scratch: what a layer reads and what it writes
	frames          []Frame      // scratch
}

// NewStream returns a stream at its start. A path that is not in [simd.Paths] panics.
// Errors match [ErrConfig].
func NewStream(net *Network, path simd.Path, cfg Config) (*Stream, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	chunk := cfg.Hop + cfg.Ahead
	s := &Stream{worker: newWorker(net, path), cfg: cfg, frames: make([]Frame, chunk), sound: newRunning(1, cfg.Memory*Step)}
	s.samples = make([]float32, 0, soundLead+tail+cfg.Hop*Step)
	s.rows[0] = make([]float32, (firstLead+cfg.Hop*firstRows)*filters)
	s.rows[1] = make([]float32, (secondLead+cfg.Hop*secondRows)*narrow)
	s.features = make([]float32, 0, (chunk+cfg.Hop)*narrow)
	for i, perFrame := range [3]int{firstRows, secondRows, 1} {
		s.stages[i] = newRunning(net.stages[i].channels, cfg.Memory*perFrame)
	}
	for i := range s.layers {
		s.layers[i] = make([]float32, chunk*both)
	}
	return s, nil
}

// Reset puts the stream back to its start.
func (s *Stream) Reset() {
	s.started, s.samples, s.features, s.replaced = false, s.samples[:0], s.features[:0], 0
	s.forward = [layers]memory{}
	s.sound.reset()
	for i := range s.stages {
		s.stages[i].reset()
	}
}

// Replaced is how many samples were not numbers, infinite or far beyond full scale.
// Silence was taken for them.
func (s *Stream) Replaced() int64 { return s.replaced }

// Push takes the next samples and calls emit for each frame that they complete, in
// order. It keeps no reference to samples.
func (s *Stream) Push(samples []float32, emit func(Frame)) {
	for len(samples) > 0 {
		have := len(s.samples)
		n := min(len(samples), s.need(s.cfg.Hop)-have)
		s.samples = append(s.samples, samples[:n]...)
		s.replaced += int64(clean.In(s.samples[have:]))
		samples = samples[n:]
		if len(s.samples) == s.need(s.cfg.Hop) {
			s.listen(s.cfg.Hop)
			s.release(emit)
		}
	}
}

// Flush ends the stream and calls emit for the frames that were still to come, so that
// there are [Frames] of its length. Call Reset before pushing another stream.
func (s *Stream) Flush(emit func(Frame)) {
	if n := (len(s.samples) - s.need(0)) / Step; n > 0 {
		s.listen(n)
	}
	s.release(emit)
	if n := len(s.features) / narrow; n > 0 {
		s.chunk(n, n, emit)
	}
}

// need is how many samples the next n frames take.
func (s *Stream) need(n int) int {
	if !s.started {
		return soundLead + tail + n*Step
	}
	return tail + n*Step
}

// listen computes the features of the next n frames from the samples.
func (s *Stream) listen(n int) {
	heard, fresh, rows, reread := s.need(n), n*Step, [3]int{n * firstRows, n * secondRows, n}, overlap
	if !s.started {
		s.started = true
		fresh, reread = heard, 0
		rows[0] += firstLead
		rows[1] += secondLead
	}
	silence := silent(s.samples[heard-fresh : heard])
	s.sound.add(s.samples[heard-fresh:heard], fresh, silence)
	s.sound.into(s.gain, s.net.sound)

	have := len(s.features)
	s.features = s.features[:have+n*narrow]
	read := [3][]float32{s.samples, s.rows[0], s.rows[1]}
	write := [3][]float32{s.rows[0][reread*filters:], s.rows[1][reread*narrow:], s.features[have:]}
	for i := range s.stages {
		stage := &s.net.stages[i]
		fresh := write[i][:rows[i]*stage.channels]
		s.pooled(stage, fresh, read[i], rows[i])
		s.stages[i].add(fresh, rows[i], silence)
		s.stages[i].into(s.norms[i], stage.norm)
		normalize(fresh, s.norms[i])
	}
	s.samples = s.samples[:copy(s.samples, s.samples[heard-tail:])]
	for i, r := range s.rows {
		channels := s.net.stages[i].channels
		end := (reread + rows[i]) * channels
		copy(r, r[end-overlap*channels:end])
	}
}

// silent reports whether x is digital silence.
func silent(x []float32) bool {
	for _, v := range x {
		if v != 0 {
			return false
		}
	}
	return true
}

// release lets the hops out that have enough ahead of them.
func (s *Stream) release(emit func(Frame)) {
	for chunk := s.cfg.Hop + s.cfg.Ahead; len(s.features) >= chunk*narrow; {
		s.chunk(chunk, s.cfg.Hop, emit)
	}
}

// chunk computes the next hop frames from the features of n, lets them out and leaves the
// forward LSTMs behind the hop.
func (s *Stream) chunk(n, hop int, emit func(Frame)) {
	src := simd.Matrix{Data: s.features, Stride: narrow}
	for i := range s.net.lstms {
		l := &s.net.lstms[i]
		dst := simd.Matrix{Data: s.layers[i%2], Stride: both}
		s.lstm(&l.forward, dst, src, hop, false, &s.forward[i])
		if i < layers-1 { // nobody reads the last layer's frames ahead
			s.ahead = s.forward[i]
			s.lstm(&l.forward, after(dst, hop), after(src, hop), n-hop, false, &s.ahead)
		}
		s.backward = memory{}
		s.lstm(&l.backward, simd.Matrix{Data: dst.Data[hidden:], Stride: both}, src, n, true, &s.backward)
		src = dst
	}
	s.classify(s.frames, src, hop)
	s.features = s.features[:copy(s.features, s.features[hop*narrow:])]
	for _, f := range s.frames[:hop] {
		emit(f)
	}
}
