package vad

// Span is a stretch of speech: samples [Start, End) of the stream.
type Span struct {
	Start, End int64
}

// Spans returns the spans of speech in decisions, the first of which covers the
// frame at sample start, with gaps of up to maxGap samples filled. It appends to
// dst.
func Spans(dst []Span, decisions []Decision, start, maxGap int64) []Span {
	base := len(dst)
	for i, d := range decisions {
		if !d.Speech {
			continue
		}
		at := start + int64(i)*Hop
		if last := len(dst) - 1; last >= base && at-dst[last].End <= maxGap {
			dst[last].End = at + Hop
			continue
		}
		dst = append(dst, Span{Start: at, End: at + Hop})
	}
	return dst
}

// Spanner makes spans of a stream of decisions, one at a time. Its zero value is
// ready and fills no gaps.
type Spanner struct {
	// MaxGap is the longest gap, in samples, that is filled. A span becomes
	// certain, and is returned, that long after its end.
	MaxGap int64
	open   bool
	span   Span
	at     int64
}

// Push takes the next frame's decision. It returns a span and true when the
// decision makes one certain.
func (s *Spanner) Push(d Decision) (Span, bool) {
	at := s.at
	s.at += Hop
	switch {
	case d.Speech && !s.open:
		s.open, s.span = true, Span{Start: at, End: s.at}
	case d.Speech:
		s.span.End = s.at
	case s.open && s.at-s.span.End > s.MaxGap:
		s.open = false
		return s.span, true
	}
	return Span{}, false
}

// Open returns the span that may still grow, if there is one: its End is the end
// of the last frame of speech so far.
func (s *Spanner) Open() (Span, bool) { return s.span, s.open }

// Flush ends the stream and returns the span that was open, if there was one.
func (s *Spanner) Flush() (Span, bool) {
	open := s.open
	s.open = false
	return s.span, open
}
