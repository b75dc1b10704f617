package main

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/seed-7adb9000/diarizer/internal/lab/trial"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/online/model/embedding"
)

// namingKind is the value of --kind for the statistics with which package identify compares
// voices of the accurate model.
const namingKind = "naming"

func (t trainer) naming(seed uint64) error {
	utts, ac, err := t.material()
	if err != nil {
		return err
	}
	m, _, err := modelfile.Embedded("accurate")
	if err != nil {
		return err
	}
	vectors, ok := m.(*embedding.Model)
	if !ok {
		return fmt.Errorf("the accurate model is of kind %s, expected %s", m.Kind(), embedding.Kind)
	}
	step, last := func(int) {}, 0
	recordings, err := trial.Voices(t.cmd.Context(), utts, ac, m, seed, func(done, all int) {
		if done == 0 {
			step = t.bars.Start("voices", all)
		}
		step(done - last)
		last = done
	})
	if err != nil {
		return err
	}
	a, err := trial.Learn(vectors, recordings)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	meta := modelfile.Metadata{Seed: seed, Corpora: corpora(utts),
		Command: "diarizer-lab train --kind naming --data DIR --out FILE --seed " + strconv.FormatUint(seed, 10)}
	if err := a.Write(&b, meta); err != nil {
		return fmt.Errorf("%s: %w", t.file.Path(), err)
	}
	return t.files.WriteOne(t.cmd, t.file, b.Bytes())
}
