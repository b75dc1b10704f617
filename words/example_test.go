package words_test

import (
	"fmt"
	"time"

	"github.com/seed-7adb9000/diarizer/words"
)

func Example() {
	at := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	list := []words.Word{
		{Text: "Shall", Start: at(0.2), End: at(0.5)}, {Text: "we", Start: at(0.5), End: at(0.7)}, {Text: "start?", Start: at(0.7), End: at(1.3)},
		{Text: "Yes,", Start: at(1.2), End: at(1.6)}, {Text: "let's.", Start: at(1.6), End: at(2)},
	}
	turns := []words.Turn{
		{Start: at(0.2), End: at(1.1), Speaker: "Mara", Confidence: 0.9},
		{Start: at(1.3), End: at(2.1), Speaker: "Ray", Confidence: 0.8},
	}
	clock, fit := words.Align(list, turns)
	if fit.Doubtful() {
		fmt.Println("another recording?")
		return
	}
	said, err := words.Join(clock.Apply(list), turns)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range words.Segments(said) {
		fmt.Printf("%.1f %s: %s\n", s.Start.Seconds(), s.Speaker, s.Text())
	}
	// Output:
	// 0.2 Mara: Shall we start?
	// 1.2 Ray: Yes, let's.
}
