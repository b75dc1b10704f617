package pipeline

import (
	"context"

	"github.com/seed-7adb9000/diarizer/online"
)

// A meeting of several streams numbers its speakers so that no two streams share a
// number, whoever of them has a new one first: of n streams the i-th, from 0 on, has
// i+1, i+1+(n+1) and so on, and the multiples of n+1 are those of people's making.

// First is the number of the first speaker of a stream of several.
func First(stream int) int { return stream + 1 }

// Part is the stream of several that a speaker is of, -1 where people made it, and how
// many of its numbers come before.
func Part(speaker, of int) (stream, nth int) { return speaker%(of+1) - 1, speaker / (of + 1) }

// Among makes the numbers that l gives differ from those of n streams before there are Links
// of these streams.
func (l *Links) Among(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.class, l.of = 0, n+1
}

// Parts returns the Links of n streams that are one meeting: what is said to l reaches
// those whom it is about.
func (l *Links) Parts(n int) []*Links {
	l.mu.Lock()
	defer l.mu.Unlock()
	parts := make([]*Links, n)
	for i := range parts {
		parts[i] = &Links{class: i + 1, of: n + 1}
	}
	l.class, l.of, l.parts = 0, n+1, parts
	if l.linked {
		l.handGroups()
	}
	if l.given {
		l.handGifts()
	}
	return parts
}

// handGroups hands on who is one person. Numbers of another stream mean nothing to a
// part. The lock is held.
func (l *Links) handGroups() {
	for _, p := range l.parts {
		p.Set(l.groups)
	}
}

// handGifts hands on what is whose, to the part that it was said in. The lock is held.
func (l *Links) handGifts() {
	for i, p := range l.parts {
		var gifts []online.Gift
		for _, g := range l.gifts {
			if stream, _ := Part(g.From, len(l.parts)); stream == i || stream < 0 {
				gifts = append(gifts, g)
			}
		}
		p.Give(gifts)
	}
}

// divide asks the one part that has all the speakers; of several there is no second
// voice that is theirs together.
func (l *Links) divide(ctx context.Context, speakers []int) ([]online.Span, error) {
	first := -1
	var own []int
	for _, s := range speakers {
		stream, _ := Part(s, len(l.parts))
		switch {
		case stream < 0: // of people's making, of either
			own = append(own, s)
		case first >= 0 && stream != first:
			return nil, nil
		default:
			first, own = stream, append(own, s)
		}
	}
	if first < 0 {
		return nil, nil
	}
	return l.parts[first].Divide(ctx, own)
}
