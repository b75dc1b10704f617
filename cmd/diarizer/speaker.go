package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed-7adb9000/diarizer/event"
)

// speakerOf finds a speaker of a timeline by id or by name. A name that matches letter by
// letter goes before one that differs in case. Two speakers of that name are an error.
func speakerOf(tl *event.Timeline, typed string) (event.Speaker, error) {
	there := map[event.Speaker]bool{}
	for _, t := range tl.Turns() {
		if t.Speaker != event.Unknown {
			there[t.Speaker] = true
		}
	}
	all := slices.Sorted(maps.Keys(there))
	for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		var found []event.Speaker
		for _, s := range all {
			if same(s.String(), typed) || same(word(tl.Name(s)), word(typed)) {
				found = append(found, s)
			}
		}
		if len(found) == 1 {
			return found[0], nil
		}
		if len(found) > 1 {
			return 0, usage("%q: %v have that name: say which by its id", typed, found)
		}
	}
	var names []string
	for _, s := range all {
		if name := tl.Name(s); name != s.String() {
			names = append(names, fmt.Sprintf("%s (%s)", s, name))
		} else {
			names = append(names, s.String())
		}
	}
	if len(names) == 0 {
		return 0, inputError("%q: nobody speaks there", typed)
	}
	return 0, usage("%q: no speaker of that name: expected one of %s", typed, some(names))
}
