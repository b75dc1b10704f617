package front

import (
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
)

func TestStateIsComplete(t *testing.T) {
	f := New()
	statetest.Covers(t, f, f.StateFields(), "half", "quart", "win", "fft", "work", "power", "edge", "none", "in")
	statetest.Covers(t, f.to8, f.to8.fields(), "side")
	statetest.Covers(t, &f.hp, f.hp.fields(), "b0", "b1", "b2", "a1", "a2")
	statetest.Covers(t, &f.corr, f.corr.fields(), "cum", "sums", "r", "scale", "energy")
	statetest.Covers(t, &f.noise, []any{f.noise.r[:]})
	statetest.Covers(t, &f.floor, f.floor.fields(), "span")
	statetest.Covers(t, &f.feat, f.feat.fields(), "Level", "Over", "Far", "Pitch", "Raw", "DBFS")
}
