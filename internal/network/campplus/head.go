package campplus

import "github.com/seed-7adb9000/diarizer/internal/network/simd"

// kept is how many frames of each map the head holds, a power of 2. A convolution
// reads three, and what is led around two convolutions is three frames old.
const kept = 4

// head is the two-dimensional part. It goes through the frames once: at each step
// every convolution computes the one frame for which its input has just become
// complete, so that the memory does not depend on the length of the utterance.
type head struct {
	input  ring
	layers []headLayer // in the order of the data
	around []float32   // a frame of a shortcut's output
}

// headLayer is a 3×3 convolution and what comes of it.
type headLayer struct {
	conv     *simd.Conv
	step     int        // bands of the input per band of the output
	shortcut *simd.Conv // for what is added, nil for the identity or nothing
	from     int        // layer whose output is added, −1 for none
	out      ring       // without data in the last layer
}

// ring is the last frames of maps: bands of channels, one band of zeros below and
// above, and a frame of zeros for before the first and after the last frame.
type ring struct {
	data            []float32
	bands, channels int
}

func newRing(bands, channels int) ring {
	return ring{make([]float32, (kept+1)*(bands+2)*channels), bands, channels}
}

func (r *ring) frame() int { return (r.bands + 2) * r.channels }

// at returns the place of frame t of count.
func (r *ring) at(t, count int) int {
	if t < 0 || t >= count {
		return kept * r.frame()
	}
	return t % kept * r.frame()
}

func newHead(n *Network) head {
	h := head{input: newRing(Features, 1), around: make([]float32, Features/2*planes)}
	bands := Features
	add := func(conv *simd.Conv, step int, shortcut *simd.Conv, from int) {
		bands /= step
		h.layers = append(h.layers, headLayer{conv, step, shortcut, from, newRing(bands, planes)})
	}
	add(n.first, 1, nil, -1)
	for _, stage := range n.stages {
		step := 2
		for _, r := range stage {
			from := len(h.layers) - 1
			add(r.conv1, step, nil, -1)
			add(r.conv2, 1, r.shortcut, from)
			step = 1
		}
	}
	add(n.last, 2, nil, -1)
	return h
}

// run writes a row of tall × planes numbers for each of count frames of features,
// less mean, to dst.
func (h *head) run(p simd.Path, dst simd.Matrix, features []float32, mean *[Features]float32) {
	count := len(features) / Features
	for now := range count + len(h.layers) {
		if now < count {
			in := h.input.data[h.input.at(now, count)+1:]
			for i, v := range features[now*Features : (now+1)*Features] {
				in[i] = v - mean[i]
			}
		}
		for i := range h.layers {
			if t := now - 1 - i; t >= 0 && t < count {
				h.compute(p, i, t, count, dst)
			}
		}
	}
}

// compute computes frame t of layer i.
func (h *head) compute(p simd.Path, i, t, count int, dst simd.Matrix) {
	l, in := &h.layers[i], &h.input
	if i > 0 {
		in = &h.layers[i-1].out
	}
	out := simd.Matrix{Data: l.out.data[l.out.at(t, count)+planes:], Stride: planes}
	if i == len(h.layers)-1 {
		out.Data = dst.Data[t*dst.Stride:]
	}
	var add simd.Matrix
	if l.from >= 0 {
		from := &h.layers[l.from].out
		add = simd.Matrix{Data: from.data[from.at(t, count)+planes:], Stride: planes}
		if l.shortcut != nil {
			src := simd.Matrix{Data: from.data, Stride: from.bands / l.out.bands * planes}
			add.Data = h.around
			at := [1]int{from.at(t, count) + planes}
			l.shortcut.Into(p, add, src, at[:], l.out.bands, simd.Matrix{}, simd.NoFloor)
		}
	}
	at := [3]int{in.at(t-1, count), in.at(t, count), in.at(t+1, count)}
	src := simd.Matrix{Data: in.data, Stride: l.step * in.channels}
	l.conv.Into(p, out, src, at[:], l.out.bands, add, 0)
}
