package features

// Resting reports whether all samples that later frames need are silence, exactly 0.
// Frames of more silence are then like the next one.
func (e *Extractor) Resting() bool {
	if e.ended || e.next < int64(e.statics.span) {
		return false
	}
	e.drop()
	for _, v := range e.buf {
		if v != 0 {
			return false
		}
	}
	return true
}

// Skip does what adding frames·Hop samples of 0 and passing over as many frames
// would do, at no cost, while the extractor is [Extractor.Resting].
func (e *Extractor) Skip(frames int64) {
	e.first += frames
	e.next += frames
	e.samples += frames * Hop
}
