package dataset

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"
)

const header = "path\tcorpus\tspeaker\tgender\tlanguage\tseconds\trate\tlicence\tsource\tsplit\n"

func writeManifest(t *testing.T, content string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "manifest.tsv"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestReadManifest(t *testing.T) {
	dir := writeManifest(t, header+"c/a.flac\tc\t7\tm\ten\t1.50\t8000\tCC0\twhere\ttrain\nc/b.flac\tc\t8\tf\ten\t2\t16000\tCC0\twhere\tsim\n")
	all, err := ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := Utterance{Path: filepath.Join(dir, "c/a.flac"), Corpus: "c", Speaker: "7", Licence: "CC0", Source: "where", Seconds: 1.5, Rate: 8000, Split: "train"}
	if len(all) != 2 || all[0] != want || all[0].SpeakerID() != "c/7" {
		t.Errorf("read %+v, expected first %+v", all, want)
	}
	if sim := Split(all, "sim"); len(sim) != 1 || sim[0].Speaker != "8" {
		t.Errorf("split sim is %+v", sim)
	}
}

func TestManifestErrors(t *testing.T) {
	for name, content := range map[string]string{
		"column": "path\tcorpus\n", "empty": header, "fields": header + "a\tb\n",
		"seconds": header + "a\tc\t7\tm\ten\tlong\t8000\tCC0\tw\ttrain\n",
		"rate":    header + "a\tc\t7\tm\ten\t1\tfast\tCC0\tw\ttrain\n",
	} {
		if _, err := ReadManifest(writeManifest(t, content)); !errors.Is(err, ErrManifest) {
			t.Errorf("%s: error %v, expected ErrManifest", name, err)
		}
	}
	if _, err := ReadManifest(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, expected none to exist", err)
	}
}

// writeFLAC encodes samples of 16 bits.
func writeFLAC(t *testing.T, rate uint32, samples []int32) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "x.flac")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	n := len(samples)
	enc, err := flac.NewEncoder(f, &meta.StreamInfo{BlockSizeMin: 16, BlockSizeMax: 65535, SampleRate: rate, NChannels: 1, BitsPerSample: 16, NSamples: uint64(n)})
	if err != nil {
		t.Fatal(err)
	}
	err = enc.WriteFrame(&frame.Frame{
		Header:    frame.Header{HasFixedBlockSize: false, BlockSize: uint16(n), SampleRate: rate, Channels: frame.ChannelsMono, BitsPerSample: 16},
		Subframes: []*frame.Subframe{{SubHeader: frame.SubHeader{Pred: frame.PredVerbatim}, Samples: samples, NSamples: n}}})
	if err == nil {
		err = enc.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// TestLoad checks levels at 16 kHz, and that a tone at 8 kHz is the same tone
// at twice the rate.
func TestLoad(t *testing.T) {
	const n, hz = 4000, 1234.5
	tone := make([]int32, n)
	for i := range tone {
		tone[i] = int32(math.Round(16384 * math.Sin(2*math.Pi*hz*float64(i)/8000)))
	}
	same, err := Load(writeFLAC(t, 16000, tone))
	if err != nil || len(same) != n || same[100] != float32(tone[100])/32768 {
		t.Fatalf("16 kHz: %d samples, %v", len(same), err)
	}
	twice, err := Load(writeFLAC(t, 8000, tone))
	if err != nil || len(twice) != 2*n {
		t.Fatalf("8 kHz: %d samples, %v", len(twice), err)
	}
	for i := 200; i < 2*n-200; i++ {
		if want := 0.5 * math.Sin(2*math.Pi*hz*float64(i)/16000); math.Abs(float64(twice[i])-want) > 1e-3 {
			t.Fatalf("sample %d is %v, expected %v", i, twice[i], want)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	if _, err := Load(writeFLAC(t, 44100, make([]int32, 100))); !errors.Is(err, ErrSound) {
		t.Errorf("44.1 kHz: error %v", err)
	}
	name := filepath.Join(t.TempDir(), "text.flac")
	if err := os.WriteFile(name, []byte("not sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(name); !errors.Is(err, ErrSound) {
		t.Errorf("text: error %v", err)
	}
	if _, err := Load(name + ".none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing: error %v", err)
	}
}
