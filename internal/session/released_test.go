package session

import (
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/session/meter"
)

// A command keeps the timelines and the desks of all its recordings. It does not keep their
// pipelines, which take megabytes each, nor their sound.
func TestPipelineIsReleased(t *testing.T) {
	m, err := modelfile.Eigenvoices()
	if err != nil {
		t.Fatal(err)
	}
	var desk *correct.Desk
	var stream weak.Pointer[pipeline.Stream]
	var source weak.Pointer[meter.Source]
	r := &run{opts: Options{Stream: "talk", Pipeline: pipeline.Config{Model: m}, Recall: &Recall{},
		OnDesk: func(d *correct.Desk) { desk = d }, OnMeter: func(meter.Reading) {}}}
	r.opts.OnProgress = func(int64) { stream, source = weak.Make(r.recall.stream), weak.Make(r.meter) }
	sound := make([]float32, 16000)
	if err := r.diarized(t.Context(), &pieces{x: sound, n: func() int { return 1600 }}); err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); stream.Value() != nil || source.Value() != nil; runtime.GC() {
		if time.Since(begun) > 30*time.Second {
			t.Fatalf("the pipeline is kept: %t, the sound: %t", stream.Value() != nil, source.Value() != nil)
		}
	}
	runtime.KeepAlive(desk)
	runtime.KeepAlive(&r.timeline)
}
