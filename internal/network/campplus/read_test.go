package campplus

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

// changed is the embedded file after a change of its tensors and metadata, with a
// checksum that fits.
func changed(tb testing.TB, change func(views map[string]safetensors.TensorView, meta map[string]string)) []byte {
	tb.Helper()
	file, err := safetensors.Deserialize(embedded)
	if err != nil {
		tb.Fatal(err)
	}
	views := map[string]safetensors.TensorView{}
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
	type tensorMap = map[string]safetensors.TensorView
	type metaMap = map[string]string
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
		"kind":      {changed(t, func(_ tensorMap, m metaMap) { m["format"] = "diarizer-model/1" }), `"diarizer-model/1", not "` + format},
		"sum":       {changed(t, func(_ tensorMap, m metaMap) { m["sha256"] = "0123" }), "not 0123"},
		"missing":   {changed(t, func(v tensorMap, _ metaMap) { delete(v, "block2.7.local.weight") }), `no tensor "block2.7.local.weight"`},
		"unknown": {changed(t, func(v tensorMap, _ metaMap) { v["block4.1.pre.scale"] = v["block1.1.pre.scale"] }),
			`"block4.1.pre.scale" is not part`},
		"shape": {changed(t, func(v tensorMap, _ metaMap) {
			v["dense.bias"] = view(t, safetensors.F32, []uint64{191}, v["dense.bias"].Data()[:4*191])
		}), "[191], not F32 [192]"},
		"type": {changed(t, func(v tensorMap, _ metaMap) {
			v["dense.bias"] = view(t, safetensors.F16, []uint64{192}, v["dense.bias"].Data()[:2*192])
		}), "F16 [192], not F32"},
		"NaN": {changed(t, func(v tensorMap, _ metaMap) {
			data := bytes.Clone(v["dense.bias"].Data())
			binary.LittleEndian.PutUint32(data[8:], math.Float32bits(float32(math.NaN())))
			v["dense.bias"] = view(t, safetensors.F32, []uint64{192}, data)
		}), `"dense.bias" has NaN at 2`},
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
	if _, err := Read(bytes.NewReader(changed(t, func(tensorMap, metaMap) {})), "x"); err != nil {
		t.Errorf("the file written again: %v", err)
	}
}

// FuzzRead holds that no file makes Read panic and that its errors are one line.
func FuzzRead(f *testing.F) {
	small := changed(f, func(v map[string]safetensors.TensorView, _ map[string]string) {
		maps.DeleteFunc(v, func(name string, _ safetensors.TensorView) bool { return !strings.HasPrefix(name, "head.first") })
	})
	f.Add(small)
	f.Add(small[:len(small)/2])
	f.Add([]byte{})
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Add(bytes.Replace(small, []byte("[32]"), []byte("[31]"), 1))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := Read(bytes.NewReader(data), "fuzz"); err == nil {
			t.Error("a file without most of the network was read")
		} else if strings.ContainsAny(err.Error(), "\n\x00") {
			t.Errorf("error %q is not one line", err)
		}
	})
}
