package correct

import (
	"maps"
	"slices"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

// maxSpeakers is how many speakers a desk remembers, and how many merges of the clustering.
// The clustering recognises fewer speakers, so that forgotten speakers speak no more. A
// desk does not forget a speaker who has a name, has spoken lately, or is part of a
// correction that stands.
const maxSpeakers = 2000

// recall remembers speakers of the clustering again that were forgotten. Listeners still
// know them.
func (d *Desk) recall(speakers ...int) {
	v := d.view()
	for _, s := range speakers {
		_, merged := d.merged[s]
		if s == online.Unknown || merged || d.labels[s] {
			continue
		}
		d.labels[s] = true
		if v.who(s) == s {
			d.live[s] = true
		}
	}
}

// forget forgets speakers and merges when there are too many, the lowest numbers first.
func (d *Desk) forget() {
	if len(d.labels) <= d.most && len(d.live) <= d.most && len(d.merged) <= d.most {
		return
	}
	keep := map[int]bool{}
	v := d.view()
	for _, c := range d.stands {
		for _, s := range []int{int(c.Speaker), int(c.Into)} {
			keep[s], keep[v.label(s)], keep[v.who(s)] = true, true, true
		}
	}
	newest := 0
	for id := range d.turns {
		newest = max(newest, id)
	}
	for id, t := range d.turns {
		if id > newest-d.most/2 {
			keep[t.Speaker], keep[t.shown] = true, true
			for _, p := range t.parts {
				keep[p.shown] = true
			}
		}
	}
	for s, name := range d.told {
		if name != "" && name != event.Speaker(s).String() {
			keep[s] = true
		}
	}
	for s, f := range d.found {
		if f.name != "" {
			keep[s], keep[v.label(s)], keep[v.who(s)] = true, true, true
		}
	}
	if len(d.merged) > d.most {
		for from := range d.merged {
			d.merged[from] = v.label(from) // without chains, each entry can go by itself
		}
		drop(d.merged, keep, d.most)
	}
	drop(d.labels, keep, d.most)
	drop(d.live, keep, d.most)
	for _, gone := range [][]int{absent(d.told, d.live), absent(d.found, d.live)} {
		for _, s := range gone {
			if !keep[s] {
				delete(d.told, s)
				delete(d.found, s)
			}
		}
	}
}

// drop removes the entries with the lowest numbers that are not in keep, until an eighth of
// most is free.
func drop[V any](m map[int]V, keep map[int]bool, most int) {
	for _, n := range slices.Sorted(maps.Keys(m)) {
		if len(m) <= most-most/8 {
			return
		}
		if !keep[n] {
			delete(m, n)
		}
	}
}

// absent lists the keys of m that others does not have.
func absent[V, W any](m map[int]V, others map[int]W) (keys []int) {
	for k := range m {
		if _, ok := others[k]; !ok {
			keys = append(keys, k)
		}
	}
	return keys
}
