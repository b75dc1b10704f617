package correct

import (
	"maps"
	"slices"
)

// name is the name of a person. The last correction that named this very speaker decides,
// then the last that named a speaker who is the same person, then the names that voices
// were recognised by, in the same order. A name that was removed does not come back when its
// speaker turns out to be somebody else.
func (d *Desk) name(v view, s int) called {
	var other *Correction
	silent := map[int]bool{}
	for i := len(d.stands) - 1; i >= 0; i-- {
		c := &d.stands[i]
		who := int(c.Speaker)
		if c.Action != Rename || v.who(who) != s {
			continue
		}
		switch {
		case who == s:
			return called{c.Name, 1}
		case other != nil || silent[who]:
		case c.Name != "":
			other = c
		default:
			d.silence(i, silent)
		}
	}
	if other != nil {
		return called{other.Name, 1}
	}
	return d.compared(v, s, silent)
}

// silence adds to silent the speakers whose name one of the corrections has removed: the
// speaker whom it is about, and those who had been merged into that speaker by then.
func (d *Desk) silence(correction int, silent map[int]bool) {
	who := int(d.stands[correction].Speaker)
	silent[who] = true
	then := viewOf(nil, d.stands[:correction])
	for s := range then.same {
		if then.who(s) == who {
			silent[s] = true
		}
	}
}

// compared is the name that a person's voice was recognised by: this very speaker's, or
// else that of a speaker who is the same person and is not silent.
func (d *Desk) compared(v view, s int, silent map[int]bool) called {
	if n, ok := d.found[s]; ok {
		return n
	}
	for _, f := range slices.Sorted(maps.Keys(d.found)) {
		if v.who(f) == s && !silent[f] && !silent[v.label(f)] {
			return d.found[f]
		}
	}
	return called{}
}
