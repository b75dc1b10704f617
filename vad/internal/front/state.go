package front

import "github.com/seed-7adb9000/diarizer/internal/state"

// StateFields lists what the features to come depend on, for package state.
func (f *Front) StateFields() []any {
	return []any{
		&f.dc, &f.last, f.hist[:], &f.warm, &f.voiced,
		state.Struct(f.to8, (*halfband).fields), state.Struct(f.to4, (*halfband).fields),
		state.Struct(&f.hp, (*highpass).fields), state.Struct(&f.corr, (*correlator).fields),
		f.noise.r[:], state.Struct(&f.floor, (*floor).fields), state.Struct(&f.long, (*floor).fields),
		state.Struct(&f.feat, (*Features).fields),
	}
}

func (h *halfband) fields() []any { return []any{h.even, h.odd} }

func (h *highpass) fields() []any { return []any{&h.x1, &h.x2, &h.y1, &h.y2} }

func (c *correlator) fields() []any {
	list := []any{c.hist[:], c.now[:], &c.at}
	for i := range pitchSpans {
		list = append(list, c.prod[i][:], c.late[i][:])
	}
	return list
}

func (f *floor) fields() []any {
	list := []any{&f.hops, &f.at, f.smooth[:], f.min[:]}
	for i := range f.mins {
		list = append(list, f.mins[i][:])
	}
	return list
}

// The other features are those of the last hop, made again by the next.
func (f *Features) fields() []any { return []any{&f.Peak, &f.Voice} }
