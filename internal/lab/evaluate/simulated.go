package evaluate

import (
	"context"
	"path/filepath"

	"github.com/seed-7adb9000/diarizer/internal/lab/dataset"
	"github.com/seed-7adb9000/diarizer/internal/lab/experiment"
)

// simulatedSeed draws other conversations than those that the model's threshold
// was set on.
const simulatedSeed = 77

// Simulated composes n conversations of each condition (clean, telephone, rooms
// with noise), of 2 to 7 speakers and up to the given length, of the voices that
// dir/train/manifest.tsv keeps out of training (split "sim"), with dir/rir and
// dir/noise. A conversation ends early when its speakers have said all that is
// there of them.
func Simulated(ctx context.Context, dir string, n int, seconds float64) ([]Recording, error) {
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
	sounds, err := experiment.Conversations(ctx, experiment.OneLine(cast), acoustics, simulatedSeed, n, seconds)
	if err != nil {
		return nil, err
	}
	out := make([]Recording, len(sounds))
	for i, s := range sounds {
		out[i] = Recording{Name: s.Name, Group: s.Group, Samples: s.Samples, Reference: s.Reference}
	}
	return out, nil
}
