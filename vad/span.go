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
