package evaluate

import (
	"iter"
	"path/filepath"

	"github.com/seed-7adb9000/diarizer/internal/lab/dataset"
	"github.com/seed-7adb9000/diarizer/internal/lab/experiment"
)

// SimulatedSeed draws other conversations than those that the model's threshold
// was set on.
const SimulatedSeed = 77

// Simulated composes the conversations of a plan, one at a time, of the voices that
// dir/train/manifest.tsv keeps out of training (split "sim"), with dir/rir and
// dir/noise. A conversation ends early when its speakers have said all that is
// there of them.
func Simulated(dir string, plan experiment.Plan) (iter.Seq[Recording], error) {
	all, err := dataset.ReadManifest(filepath.Join(dir, "train"))
	if err != nil {
		return nil, err
	}
	acoustics, err := experiment.Acoustics(dir)
	if err != nil {
		return nil, err
	}
	cast, err := experiment.Cast(dataset.Split(all, "sim"))
	if err != nil {
		return nil, err
	}
	sounds, err := experiment.Conversations(experiment.OneLine(cast), acoustics, plan)
	if err != nil {
		return nil, err
	}
	return func(yield func(Recording) bool) {
		for s := range sounds {
			if !yield(Recording{Name: s.Name, Group: s.Group, Samples: s.Samples, Reference: s.Reference}) {
				return
			}
		}
	}, nil
}
