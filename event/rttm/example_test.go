package rttm_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/seed-7adb9000/diarizer/event/rttm"
)

func Example() {
	const reference = `;; two people
SPEAKER meeting 1 0.500 2.250 <NA> <NA> ann <NA> <NA>
SPEAKER meeting 1 2.750 1.000 <NA> <NA> bob <NA> <NA>
`
	segments, err := rttm.Read(strings.NewReader(reference), "meeting.rttm")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range segments {
		fmt.Printf("%s speaks from %.2f to %.2f s\n", s.Speaker, s.Start, s.End)
	}
	if err := rttm.Write(os.Stdout, segments); err != nil {
		fmt.Println(err)
	}

	_, err = rttm.Read(strings.NewReader("SPEAKER meeting 1 0.5 -2 <NA> <NA> ann"), "broken.rttm")
	fmt.Println(err)
	// Output:
	// ann speaks from 0.50 to 2.75 s
	// bob speaks from 2.75 to 3.75 s
	// SPEAKER meeting 1 0.500 2.250 <NA> <NA> ann <NA> <NA>
	// SPEAKER meeting 1 2.750 1.000 <NA> <NA> bob <NA> <NA>
	// broken.rttm:1: duration "-2": expected seconds from 0 to 100000000
}
