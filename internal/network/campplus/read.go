package campplus

import (
	_ "embed"
	"errors"
	"fmt"
	"io"

	"github.com/seed-7adb9000/diarizer/internal/network/weights"
)

// format is the version of the layout that this package reads.
const format = "diarizer-campplus/1"

// maxSize bounds what Read takes into memory; a file has 14 MB.
const maxSize = 32 << 20

// ErrFormat is wrapped by every error about a file that is not these weights.
var ErrFormat = errors.New("not usable weights of CAM++")

// layout is what this package reads.
var layout = weights.Layout{Format: format, Most: maxSize, Bad: ErrFormat, Script: "research/campplus"}

//go:embed weights/campplus.safetensors
var embedded []byte

// Default returns the network with the weights that are part of the program. Each
// call decodes them again, into 28 MB, which takes about a tenth of a second.
func Default() (*Network, error) { return parse(embedded, "embedded weights") }

// Read reads a network. Its errors name the file as name, say what was found and
// what was expected, and wrap [ErrFormat] unless r itself failed.
func Read(r io.Reader, name string) (*Network, error) {
	data, err := layout.Load(r, name)
	if err != nil {
		return nil, err
	}
	return parse(data, name)
}

func parse(data []byte, name string) (*Network, error) {
	var n *Network
	fingerprint, err := layout.Parse(data, name, func(file *weights.File) { n = (&tensors{file}).network() })
	if err != nil {
		return nil, err
	}
	n.fingerprint = fingerprint
	return n, nil
}

// network builds the network from tensors by name.
func (t *tensors) network() *Network {
	n := &Network{
		first: t.conv("head.first", 3, 3, planes, true),
		last:  t.conv("head.last", 3, 3*planes, planes, true),
		tdnn:  t.joined("tdnn", 5, tall*planes, initial),
		dense: t.conv("dense", 1, 2*Channels, Dim, true),
	}
	for s := range n.stages {
		for i := range n.stages[s] {
			name := fmt.Sprintf("head.stage%d.%d", s+1, i)
			r := &n.stages[s][i]
			r.conv1 = t.conv(name+".conv1", 3, 3*planes, planes, true)
			r.conv2 = t.conv(name+".conv2", 3, 3*planes, planes, true)
			if i == 0 {
				r.shortcut = t.conv(name+".shortcut", 1, planes, planes, true)
			}
		}
	}
	channels := initial
	for b := range n.blocks {
		name, size := fmt.Sprintf("block%d", b+1), blocks[b]
		n.blocks[b] = block{layers: make([]layer, size.layers), dilation: size.dilation}
		for i := range n.blocks[b].layers {
			n.blocks[b].layers[i] = t.layer(fmt.Sprintf("%s.%d", name, i+1), channels)
			channels += growth
		}
		name = fmt.Sprintf("transit%d", b+1)
		n.blocks[b].transit = transit{t.affine(name+".pre", channels), t.conv(name, 1, channels, channels/2, b == len(blocks)-1)}
		channels /= 2
	}
	return n
}
