package export

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/seed-7adb9000/diarizer/event"
)

var header = []string{"stream", "run", "turn", "start", "end", "speaker", "name", "confidence", "logp", "state"}

// writeCSV writes one line for each turn. Times are in seconds. A turn without a score has
// an empty logp and confidence.
func writeCSV(w io.Writer, timelines []*event.Timeline) error {
	table := csv.NewWriter(w)
	if err := table.Write(header); err != nil {
		return err
	}
	for _, t := range timelines {
		for _, turn := range t.Turns() {
			if turn.Start == turn.End {
				continue
			}
			logp := ""
			if f := float64(turn.LogP); !math.IsNaN(f) && !math.IsInf(f, 0) {
				logp = strconv.FormatFloat(f, 'f', -1, 64)
			}
			confidence := ""
			if turn.Confidence > 0 {
				confidence = strconv.FormatFloat(turn.Confidence, 'f', -1, 64)
			}
			err := table.Write([]string{t.Stream(), t.Run(), strconv.Itoa(turn.ID), seconds(turn.Start), seconds(turn.End),
				turn.Speaker.String(), t.Name(turn.Speaker), confidence, logp, string(turn.State)})
			if err != nil {
				return err
			}
		}
	}
	table.Flush()
	return table.Error()
}

func seconds(t event.Time) string {
	ms := milliseconds(t)
	return fmt.Sprintf("%d.%03d", ms/1000, ms%1000)
}
