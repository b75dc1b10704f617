package pipeline

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/online"
)

// Streams of one meeting never give the same number, and a number tells its stream.
func TestPartsNumberSpeakers(t *testing.T) {
	var l Links
	taken := map[int]bool{}
	l.Among(3) // before there are parts
	if n := l.Reserve(5); n != 8 {
		t.Errorf("the first number above 5 that is no stream's is %d, want 8", n)
	}
	taken[8] = true
	parts := l.Parts(3)
	for range 5 {
		for i, p := range append(slices.Clone(parts), &l) {
			n := p.Reserve(0)
			stream, _ := Part(n, 3)
			if taken[n] || i < 3 && stream != i || i == 3 && stream != -1 {
				t.Errorf("stream %d gives the number %d, which is of %d", i, n, stream)
			}
			taken[n] = true
		}
	}
	if n := parts[1].Reserve(100); n != 102 {
		t.Errorf("the first number of the second stream above 100 is %d, want 102", n)
	}
	if stream, nth := Part(First(2), 3); stream != 2 || nth != 0 {
		t.Errorf("the first speaker of the third stream is number %d of stream %d", nth, stream)
	}
}

// What is said about speakers reaches the streams that have them, said before or after.
func TestPartsHearWhatIsSaid(t *testing.T) {
	var l Links
	l.Set([][]int{{1, 4}})
	parts := l.Parts(2)
	l.Give([]online.Gift{{From: 1, Speaker: 3}, {From: 2, Speaker: 3}, {From: 3, Speaker: 2}})
	for i, want := range [][]int{{1, 3}, {2, 3}} {
		news := parts[i].take()
		var from []int
		for _, g := range news.gifts {
			from = append(from, g.From)
		}
		if !news.linked || len(news.groups) != 1 || !slices.Equal(from, want) {
			t.Errorf("stream %d hears of the groups %v and gifts of %v, want those of %v", i, news.groups, from, want)
		}
	}
	if spans, err := l.Divide(t.Context(), []int{1, 2}); err != nil || spans != nil {
		t.Errorf("speakers of two streams: %v, %v", spans, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := l.Divide(ctx, []int{2, 5}); !errors.Is(err, ErrNoSound) {
		t.Errorf("without sound: %v", err)
	}
	if asked := parts[1].take().asked; len(asked) != 1 || !slices.Equal(asked[0].speakers, []int{2, 5}) {
		t.Errorf("the second stream is asked %v", asked)
	}
}
