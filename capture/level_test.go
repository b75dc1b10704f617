package capture

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture/internal/sound"
)

// floats is a WAV file of float samples.
func floats(channels int, x []float32) []byte {
	var b []byte
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return sound.WAV{Tag: 3, Bits: 32, Rate: Rate, Channels: channels, Data: b}.Bytes()
}

// rounded is x in whole numbers.
func rounded(x []float32) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(math.Round(float64(v)))
	}
	return y
}

// quietly is x after half a second of a tenth of a second of it, much fainter.
func quietly(x []float32) []float32 {
	return append(scaled(x[:Rate/2], 1e-3), x...)
}

// TestScale: floating-point samples with another full scale than 1 are scaled, and a note says so.
func TestScale(t *testing.T) {
	x := quietly(sound.Sine(Rate, 440, 2*Rate))
	for name, c := range map[string]struct {
		samples []float32
		says    string
	}{
		"as it should be":       {x, ""},
		"integers of 16 bits":   {rounded(scaled(x, 1<<15)), "divided by 32768"},
		"not whole ones":        {scaled(x, 1<<15), "divided by 32768"},
		"integers of 24 bits":   {rounded(scaled(x, 1<<23)), "divided by 8388608"},
		"integers of 32 bits":   {scaled(x, 1<<31), "divided by 2147483648"},
		"a little too loud":     {scaled(x, 2.2), "were clipped, the loudest is 1.1 times"},
		"far too loud":          {scaled(x, 40), "divided by 64"},
		"silence first":         {append(make([]float32, 3*Rate), scaled(x, 1<<15)...), "divided by 32768"},
		"a spike":               {append([]float32{2000, 5, -7}, x...), ""},
		"a spike in whole ones": {append([]float32{2000, 5, -7}, rounded(scaled(x, 1<<15))...), "divided by 32768"},
		"both channels as loud": {scaled(x, 1<<15), "divided by 32768"},
		"one silent channel":    {scaled(x, 1<<15), "divided by 32768"},
	} {
		channels := [][]float32{c.samples}
		switch name {
		case "both channels as loud":
			channels = append(channels, c.samples)
		case "one silent channel":
			channels = append(channels, make([]float32, len(c.samples)))
		}
		file := floats(len(channels), frames(channels...))
		for _, block := range []int{77, 5000} {
			rec, err := OpenReader(context.Background(), bytes.NewReader(file), "x", Options{BlockSize: block, Channel: 1})
			if err != nil {
				t.Fatal(err)
			}
			got, err := drain(t, rec)
			w := rec.Warning()
			if err != nil || len(got) != len(c.samples) || (w == nil) != (c.says == "") || w != nil && !strings.Contains(w.Error(), c.says) {
				t.Errorf("%s: %d samples, %v, %v", name, len(got), err, w)
			}
			tone := got[len(got)-Rate:]
			if level := power(tone); math.Abs(level-power(x[len(x)-Rate:])) > 1 && !strings.Contains(name, "too loud") {
				t.Errorf("%s: heard at %.1f dB", name, level)
			}
			if loudest := slices.Max(got[:Rate/2]); strings.Contains(c.says, "divided by 32768") && !strings.Contains(name, "spike") && loudest > .01 {
				t.Errorf("%s: what is faint was heard as loud as %g in the beginning", name, loudest)
			}
		}
	}
}

// TestLevelIsTold: there is a note about a recording that is silent or was recorded too loud.
func TestLevelIsTold(t *testing.T) {
	x := sound.Sine(Rate, 440, Rate)
	loud := scaled(x, 30)
	for i, v := range loud {
		loud[i] = max(-1, min(1, v))
	}
	silence := make([]float32, Rate)
	for name, c := range map[string]struct {
		channels [][]float32
		of       Channel
		says     string
	}{
		"a tone":                  {[][]float32{x}, Mix, ""},
		"silence":                 {[][]float32{silence}, Mix, "it is silent throughout"},
		"hardly anything":         {[][]float32{scaled(x, 1e-4)}, Mix, "it is silent: its loudest sample is at -84 dB"},
		"too loud":                {[][]float32{loud}, Mix, "recorded too loud"},
		"the silent channel":      {[][]float32{silence, x}, 1, "channel 1 is silent throughout, and another one is not"},
		"the channel with sound":  {[][]float32{silence, x}, 2, ""},
		"both":                    {[][]float32{silence, x}, Mix, ""},
		"one opposite to another": {[][]float32{append(x, x...), scaled(append(x, x...), -1)}, Mix, "opposite phase"},
	} {
		file := sound.WAV{Channels: len(c.channels), Data: sound.S16(frames(c.channels...)...)}.Bytes()
		rec, err := Open(context.Background(), write(t, "x", file), Options{Channel: c.of})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := drain(t, rec); err != nil {
			t.Fatal(err)
		}
		if w := rec.Warning(); (w == nil) != (c.says == "") || w != nil && !strings.Contains(w.Error(), c.says) {
			t.Errorf("%s: %v", name, w)
		} else if w != nil {
			t.Log(w)
		}
	}
	// Through a pipe, each channel has its own note.
	file := sound.WAV{Channels: 2, Data: sound.S16(frames(silence, x)...)}.Bytes()
	recs, err := OpenReaderAll(context.Background(), bytes.NewReader(file), "pipe", Options{Channel: Each})
	if err != nil {
		t.Fatal(err)
	}
	for i, says := range []string{"channel 1 is silent", ""} {
		if _, err := drain(t, recs[i]); err != nil {
			t.Fatal(err)
		}
		if w := recs[i].Warning(); (w == nil) != (says == "") || w != nil && !strings.Contains(w.Error(), says) {
			t.Errorf("channel %d: %v", i+1, w)
		}
	}
}
