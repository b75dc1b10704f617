// Command gen makes the demo recording: it has flite speak the lines of
// dialogue.txt, lays them out in time, adds the noise of a quiet room, and
// writes demo.flac with demo.rttm, the exact reference of who speaks when.
//
//	go generate ./internal/cli/demo
//
// It needs flite and flac. The same versions of them give the same files.
package main

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/seed-7adb9000/diarizer/event/rttm"
)

//go:embed dialogue.txt
var dialogueText string

const (
	rate       = 16000 // Hz
	frame      = 160   // 10 ms, the grid of the reference
	noiseLevel = -62.0 // dBFS
	tail       = 1.0   // seconds of room after the last word
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "gen: expected one argument, the directory to write to")
		os.Exit(1)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	d, err := parseDialogue(dialogueText)
	if err != nil {
		return err
	}
	speech := make([][]float64, len(d.turns))
	for i, t := range d.turns {
		if speech[i], err = speak(t.voice, t.text); err != nil {
			return fmt.Errorf("%q: %w", t.text, err)
		}
	}
	samples, segments, err := layOut(d, speech)
	if err != nil {
		return err
	}
	addNoise(samples, noiseLevel)
	if err := writeFLAC(filepath.Join(dir, "demo.flac"), samples); err != nil {
		return err
	}
	return rttm.WriteFile(filepath.Join(dir, "demo.rttm"), segments)
}

// speak has flite say text. The samples are in [-1, 1].
func speak(v voice, text string) ([]float64, error) {
	f, err := os.CreateTemp("", "diarizer-demo-*.raw")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	cmd := exec.Command("flite", "-voice", v.flite, "--setf", fmt.Sprintf("duration_stretch=%g", v.stretch),
		"-t", text, "-o", f.Name())
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("flite: %w: %s", err, out)
	}
	wav, err := os.ReadFile(f.Name())
	if err != nil {
		return nil, err
	}
	// flite writes the plain 44-byte header.
	if len(wav) < 44 || string(wav[36:40]) != "data" || binary.LittleEndian.Uint32(wav[24:]) != rate {
		return nil, errors.New("flite: expected a WAV file of 16 kHz with a 44-byte header")
	}
	samples := make([]float64, (len(wav)-44)/2)
	for i := range samples {
		samples[i] = float64(int16(binary.LittleEndian.Uint16(wav[44+2*i:]))) / 32768
	}
	return samples, nil
}

// writeFLAC rounds samples to 16 bits and has flac write them.
func writeFLAC(path string, samples []float64) error {
	var raw bytes.Buffer
	for _, s := range samples {
		if s < -1 || s >= 1 {
			return fmt.Errorf("sample %v would be clipped: lower the levels in dialogue.txt", s)
		}
		raw.Write(binary.LittleEndian.AppendUint16(nil, uint16(int16(s*32768))))
	}
	cmd := exec.Command("flac", "--silent", "--force", "--best", "--no-padding", "--force-raw-format",
		"--endian=little", "--sign=signed", "--channels=1", "--bps=16", fmt.Sprintf("--sample-rate=%d", rate),
		"-o", path, "-")
	cmd.Stdin = &raw
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("flac: %w: %s", err, out)
	}
	return nil
}
