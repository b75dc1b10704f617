package modelfile

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
	"github.com/seed-7adb9000/diarizer/online/model/embedding"
)

func small(mu int) *eigenvoice.Model {
	m := &eigenvoice.Model{
		Features:    features.Config{Ceps: 2, Filters: 4, LowHz: 100, HighHz: 3800, MeanPrior: 50},
		FeatureMean: []float64{0.5, -2}, Weights: []float64{0.25, 0.75},
		Means: []float64{1, 2, 3, 4}, Vars: []float64{1, 0.5, 2, 1}, V: make([]float64, 12), Nu: 3, Mu: mu, OffsetVariance: 0.5, IgnoreChannels: mu > 0,
		Phi: 0.125, Soft: true, WithinSpeakerVariance: 0.25, LengthExponent: 0.5, Threshold: -1.5, Slope: 2, U: make([]float64, 4*mu),
	}
	for i := range m.V {
		m.V[i] = float64(i) / 8
	}
	if mu == 0 {
		m.U = nil
	}
	return m
}

var meta = Metadata{Command: "diarizer train", Seed: 3, Corpora: []Corpus{{Name: "c", Source: "s", Licence: "CC0", Speakers: 2, Seconds: 9}}}

func write(tb testing.TB, m model.Model) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := Write(&b, m, meta); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	for _, mu := range []int{0, 2} {
		want := small(mu)
		got, gotMeta, err := ReadWithMetadata(bytes.NewReader(write(t, want)), "x")
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(gotMeta, meta) {
			t.Errorf("read %+v %+v, wrote %+v %+v", got, gotMeta, want, meta)
		}
	}
	if a, b := write(t, small(2)), write(t, small(2)); !bytes.Equal(a, b) {
		t.Error("the same model gives two different files")
	}
}

func TestWriteRefusesInvalid(t *testing.T) {
	m := small(0)
	m.V[1] = math.NaN()
	if err := Write(&bytes.Buffer{}, m, meta); !errors.Is(err, model.ErrModel) {
		t.Errorf("error %v, expected ErrModel", err)
	}
}

func TestReadErrors(t *testing.T) {
	good := write(t, small(1))
	flipped := bytes.Clone(good)
	flipped[len(flipped)-3] ^= 1
	replace := func(from, to string) []byte {
		if len(from) != len(to) || !bytes.Contains(good, []byte(from)) {
			t.Fatalf("cannot replace %q by %q", from, to)
		}
		return bytes.Replace(good, []byte(from), []byte(to), 1)
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":     {nil, "empty"},
		"foreign":   {[]byte("fLaC\x00\x00\x00\x22 this is a recording\n and not a model"), "not safetensors"},
		"truncated": {good[:len(good)-7], "damaged"},
		"header":    {good[:20], "damaged"},
		"flipped":   {flipped, "checksum"},
		"version":   {replace("diarizer-model/1", "diarizer-model/9"), "diarizer-model/9"},
		"setting":   {replace(`\"phi\"`, `\"phy\"`), "phy"},
		"settings":  {replace(`\"phi\":0.125`, `\"phi\":0.225`), "checksum"},
		"size":      {replace(`\"eigenvoices\":3`, `\"eigenvoices\":4`), "eigenvoices"},
		"tensor":    {replace(`"vars":`, `"bars":`), "vars"},
	} {
		_, err := Read(bytes.NewReader(c.data), "my.safetensors")
		if !errors.Is(err, ErrFormat) {
			t.Errorf("%s: error %v, expected ErrFormat", name, err)
			continue
		}
		if s := err.Error(); !strings.HasPrefix(s, "my.safetensors: ") || !strings.Contains(s, c.want) || strings.Contains(s, "\n") {
			t.Errorf("%s: %q, expected one line with the name and %q", name, s, c.want)
		}
	}
	if _, err := Read(iotest.ErrReader(errors.New("unplugged")), "x"); err == nil || errors.Is(err, ErrFormat) {
		t.Errorf("failing reader: error %v, expected its own", err)
	}
}

// vectors is an embedding model of the network that is part of the program.
func vectors(tb testing.TB) *embedding.Model {
	tb.Helper()
	net, err := Network()
	if err != nil {
		tb.Fatal(err)
	}
	tracking, err := Tracking()
	if err != nil {
		tb.Fatal(err)
	}
	m := &embedding.Model{Net: net, Tracking: tracking, Features: features.Config{Ceps: 2, Filters: 4, LowHz: 100, HighHz: 3800, MelBank: features.BankSize},
		Mean: make([]float64, net.Dim()), P: make([]float64, 2*net.Dim()), A: []float64{0.5, 1}, B: []float64{0.25, 0},
		Phi: 0.5, WithinSpeakerVariance: 0.125, LengthExponent: 0.75, Threshold: -1, Slope: 2}
	for i := range m.P {
		m.P[i] = float64(i%7) / 8
	}
	return m
}

func TestRoundTripOfVectors(t *testing.T) {
	want := vectors(t)
	data := write(t, want)
	got, err := Read(bytes.NewReader(data), "x")
	if err != nil {
		t.Fatal(err)
	}
	if got.Kind() != embedding.Kind || got.Fingerprint() != want.Fingerprint() {
		t.Errorf("read %s %s, wrote %s %s", got.Kind(), got.Fingerprint(), want.Kind(), want.Fingerprint())
	}
	other := bytes.Replace(data, []byte(want.Net.Fingerprint()[:10]), []byte("0123456789"), 1)
	kind := bytes.Replace(data, []byte(`"kind":"embedding"`), []byte(`"kind":"embeddinx"`), 1)
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"another network": {other, "checksum"}, "unknown kind": {kind, "embeddinx"}, "truncated": {data[:len(data)-3], "damaged"},
	} {
		if _, err := Read(bytes.NewReader(c.data), "my.safetensors"); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, expected ErrFormat and %q", name, err, c.want)
		}
	}
	foreign := vectors(t)
	foreign.Net = elsewhere{foreign.Net}
	if _, err := Read(bytes.NewReader(write(t, foreign)), "x"); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "network fedcba") {
		t.Errorf("a model for another network: error %v", err)
	}
}

// elsewhere is a network that this program does not have.
type elsewhere struct{ embedding.Network }

func (elsewhere) Fingerprint() string { return "fedcba9876543210" }

// TestEmbedded reads the models that are part of the program.
func TestEmbedded(t *testing.T) {
	for name, kind := range map[string]string{Accurate: embedding.Kind, Light: eigenvoice.Kind} {
		m, meta, err := Embedded(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(meta.Corpora) == 0 || meta.Command == "" {
			t.Errorf("%s: metadata %+v: expected corpora and the command", name, meta)
		}
		if m.Kind() != kind || m.Shape().Nu < 10 {
			t.Errorf("%s is of kind %s with %d factors: expected %s", name, m.Kind(), m.Shape().Nu, kind)
		}
	}
	if _, _, err := Embedded("other"); !errors.Is(err, ErrFormat) {
		t.Errorf("error %v for a name of no model", err)
	}
}

// FuzzRead holds that no file makes Read panic, and that what it accepts can
// be used and written again.
func FuzzRead(f *testing.F) {
	good := write(f, small(1))
	f.Add(good)
	f.Add(write(f, small(0)))
	f.Add(good[:len(good)/2])
	f.Add([]byte{})
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Add(bytes.Replace(good, []byte("[2,2,3]"), []byte("[2,3,2]"), 1))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Read(bytes.NewReader(data), "fuzz")
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x00") {
				t.Errorf("error %q is not one line", err)
			}
			return
		}
		m.NewListener().Hear(make([]float64, m.Front().Dim()), 0)
		write(t, m)
	})
}
