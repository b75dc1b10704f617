package segnet

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/nlpodyssey/safetensors"
)

type tensorMap = map[string]safetensors.TensorView

// changed is the embedded file after a change of its tensors and metadata, with a
// checksum that fits.
func changed(tb testing.TB, change func(views tensorMap, meta map[string]string)) []byte {
	tb.Helper()
	file, err := safetensors.Deserialize(embedded)
	if err != nil {
		tb.Fatal(err)
	}
	views := tensorMap{}
	for _, v := range file.Tensors() {
		views[v.Name] = v.TensorView
	}
	meta := map[string]string{"format": format}
	change(views, meta)
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(views)) {
		io.WriteString(sum, name+"\x00")
		sum.Write(views[name].Data())
	}
	if _, ok := meta["sha256"]; !ok {
		meta["sha256"] = hex.EncodeToString(sum.Sum(nil))
	}
	var b bytes.Buffer
	if err := safetensors.SerializeToWriter(views, meta, &b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func view(tb testing.TB, dtype safetensors.DType, shape []uint64, data []byte) safetensors.TensorView {
	tb.Helper()
	v, err := safetensors.NewTensorView(dtype, shape, data)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func TestReadErrors(t *testing.T) {
	tensors := func(change func(v tensorMap)) []byte {
		return changed(t, func(v tensorMap, _ map[string]string) { change(v) })
	}
	meta := func(key, value string) []byte {
		return changed(t, func(_ tensorMap, m map[string]string) { m[key] = value })
	}
	flipped := bytes.Clone(embedded)
	flipped[len(flipped)/2] ^= 1
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":     {nil, "empty"},
		"foreign":   {[]byte("fLaC\x00\x00\x00\x22 this is a recording\n and no weights"), "not safetensors"},
		"truncated": {embedded[:len(embedded)-7], "damaged"},
		"large":     {make([]byte, maxSize+1), fmt.Sprint(maxSize)},
		"flipped":   {flipped, "checksum"},
		"kind":      {meta("format", "diarizer-campplus/1"), `"diarizer-campplus/1", not "` + format},
		"sum":       {meta("sha256", "0123"), "not 0123"},
		"missing":   {tensors(func(v tensorMap) { delete(v, "lstm3.backward.bias") }), `no tensor "lstm3.backward.bias"`},
		"unknown":   {tensors(func(v tensorMap) { v["lstm5.forward.bias"] = v["lstm4.forward.bias"] }), `"lstm5.forward.bias" is not part`},
		"shape": {tensors(func(v tensorMap) {
			v["classes.bias"] = view(t, safetensors.F32, []uint64{6}, v["classes.bias"].Data()[:4*6])
		}), "[6], not F32 [7]"},
		"type": {tensors(func(v tensorMap) {
			v["classes.bias"] = view(t, safetensors.F16, []uint64{7}, v["classes.bias"].Data()[:2*7])
		}), "F16 [7], not F32"},
		"NaN": {tensors(func(v tensorMap) {
			data := bytes.Clone(v["classes.bias"].Data())
			binary.LittleEndian.PutUint32(data[8:], math.Float32bits(float32(math.NaN())))
			v["classes.bias"] = view(t, safetensors.F32, []uint64{7}, data)
		}), `"classes.bias" has NaN at 2`},
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
	if _, err := Read(bytes.NewReader(tensors(func(tensorMap) {})), "x"); err != nil {
		t.Errorf("the file written again: %v", err)
	}
}

// FuzzRead holds that no file makes Read panic and that its errors are one line.
func FuzzRead(f *testing.F) {
	small := changed(f, func(v tensorMap, _ map[string]string) {
		maps.DeleteFunc(v, func(name string, _ safetensors.TensorView) bool { return !strings.HasPrefix(name, "norm") })
	})
	f.Add(small)
	f.Add(small[:len(small)/2])
	f.Add([]byte{})
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Add(bytes.Replace(small, []byte("[80]"), []byte("[79]"), 1))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := Read(bytes.NewReader(data), "fuzz"); err == nil {
			t.Error("a file without most of the network was read")
		} else if strings.ContainsAny(err.Error(), "\n\x00") {
			t.Errorf("error %q is not one line", err)
		}
	})
}
