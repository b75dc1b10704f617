// Package weights reads the safetensors files that the scripts in research write:
// tensors of 16-bit and of 32-bit floats, and a checksum over all of them.
package weights

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/nlpodyssey/safetensors"

	"github.com/seed-7adb9000/diarizer/internal/network/half"
)

// File is what a file holds and nobody has taken yet. Its methods do nothing after the
// first error, which [File.Close] returns.
type File struct {
	views       map[string]safetensors.TensorView
	fingerprint string
	err         error
}

// Open checks that data is a safetensors file of the format that its metadata must
// name, with the checksum that its metadata must hold. The file keeps data.
func Open(data []byte, format string) (*File, error) {
	if len(data) == 0 {
		return nil, errors.New("the file is empty")
	}
	file, err := safetensors.Deserialize(data)
	if err != nil {
		return nil, fmt.Errorf("damaged or not safetensors (%w)", err)
	}
	_, header, err := safetensors.ReadMetadata(data)
	if err != nil {
		return nil, fmt.Errorf("damaged or not safetensors (%w)", err)
	}
	meta := header.Metadata()
	if meta["format"] != format {
		return nil, fmt.Errorf("format is %q, not %q", meta["format"], format)
	}
	f := &File{views: map[string]safetensors.TensorView{}, fingerprint: meta["sha256"]}
	for _, v := range file.Tensors() {
		f.views[v.Name] = v.TensorView
	}
	if found := f.checksum(); found != f.fingerprint {
		return nil, fmt.Errorf("checksum is %.12s…, not %.12s…: the file is damaged", found, f.fingerprint)
	}
	return f, nil
}

// Fingerprint identifies the tensors: 64 hexadecimal digits.
func (f *File) Fingerprint() string { return f.fingerprint }

// Close returns the first error there was. A tensor that was not taken is one.
func (f *File) Close() error {
	if f.err == nil && len(f.views) > 0 {
		f.err = fmt.Errorf("tensor %q is not part of the network", slices.Min(slices.Collect(maps.Keys(f.views))))
	}
	return f.err
}

// Err returns the first error there was so far.
func (f *File) Err() error { return f.err }

// checksum is over every tensor in the order of names: name, a zero byte, data.
func (f *File) checksum() string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(f.views)) {
		view := f.views[name]
		io.WriteString(sum, name+"\x00")
		sum.Write(view.Data())
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Half takes a tensor of 16-bit floats of the shape. It returns nil after an error.
func (f *File) Half(name string, shape ...uint64) []float32 {
	data := f.take(name, safetensors.F16, shape...)
	out := make([]float32, 0, len(data)/2)
	for ; len(data) > 0; data = data[2:] {
		out = append(out, half.Float32(binary.LittleEndian.Uint16(data)))
	}
	return f.finite(name, out)
}

// Exact takes a tensor of 32-bit floats of the shape. It returns nil after an error.
func (f *File) Exact(name string, shape ...uint64) []float32 {
	data := f.take(name, safetensors.F32, shape...)
	out := make([]float32, 0, len(data)/4)
	for ; len(data) > 0; data = data[4:] {
		out = append(out, math.Float32frombits(binary.LittleEndian.Uint32(data)))
	}
	return f.finite(name, out)
}

// take returns a tensor of the type and shape and removes it.
func (f *File) take(name string, dtype safetensors.DType, shape ...uint64) []byte {
	if f.err != nil {
		return nil
	}
	view, ok := f.views[name]
	switch {
	case !ok:
		f.err = fmt.Errorf("no tensor %q", name)
	case view.DType() != dtype || !slices.Equal(view.Shape(), shape):
		f.err = fmt.Errorf("tensor %q is %v %v, not %v %v", name, view.DType(), view.Shape(), dtype, shape)
	}
	if f.err != nil {
		return nil
	}
	delete(f.views, name)
	return view.Data()
}

func (f *File) finite(name string, values []float32) []float32 {
	if f.err != nil {
		return nil
	}
	for i, v := range values {
		if v-v != 0 { // infinite or not a number
			f.err = fmt.Errorf("tensor %q has %v at %d, expected finite numbers", name, v, i)
			return nil
		}
	}
	return values
}
