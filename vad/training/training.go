package training

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-7adb9000/diarizer/vad/internal/lab"
	"github.com/seed-7adb9000/diarizer/vad/internal/net"
	"github.com/seed-7adb9000/diarizer/vad/internal/train"
)

// Progress is told how far a run is: Start begins a stage of so many steps and
// returns what counts them.
type Progress interface {
	Start(stage string, steps int) func(n int)
}

// scenes are how often each kind of clip is composed. Noise without speech is what
// decides how rarely a detector takes noise for speech.
var scenes = []string{"meeting", "headset", "headset", "telephone", "telephone", "broadcast", "broadcast", "close", "noise"}

// Run makes a weights file from the recordings below dir:
// dir/train/manifest.tsv lists those of voices (tab-separated columns path,
// speaker, rate, split, and optionally corpus and licence), of which split
// "train" is used; dir/noise and dir/rir hold noises and room responses. The same
// recordings and settings give the same file on machines of one architecture.
// command is how the run was started, for the file's header.
func Run(ctx context.Context, dir string, c Config, command string, p Progress) ([]byte, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	corpus, err := lab.Load(dir, "train")
	if err != nil {
		return nil, err
	}
	composer := lab.Composer{Corpus: corpus, Seconds: c.Seconds, Without: c.Without}
	data := make([]train.Sequence, c.Clips)
	done := p.Start("clips", c.Clips)
	for i := range data {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		data[i] = sequence(composer.Compose(scenes[i%len(scenes)], c.Seed<<32+uint64(i)), c.Delay)
		done(1)
	}
	done = p.Start("epochs", c.Epochs)
	var losses []string
	w, err := train.Fit(ctx, data, c.fit(), func(_ int, loss float64) {
		losses = append(losses, fmt.Sprintf("%.4f", loss))
		done(1)
	})
	if err != nil {
		return nil, err
	}
	h := net.Header{Step: step, Delay: c.Delay, Command: command, Data: corpus.Sources, Losses: strings.Join(losses, " ")}
	return net.Append(nil, h, w)
}
