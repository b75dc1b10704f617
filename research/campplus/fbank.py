"""Kaldi's log mel filterbank in NumPy and 64 bits, after Kaldi's documentation."""

import numpy as np

RATE, WINDOW, HOP, FFT, BINS = 16000, 400, 160, 512, 80
LOW, HIGH, FLOOR = 20.0, 8000.0, 2.0**-23


def mel(hz):
    return 1127 * np.log(1 + np.asarray(hz) / 700)


def filters():
    """Returns BINS triangles over the lines of a spectrum below half the rate."""
    lines = mel(np.arange(FFT // 2) * RATE / FFT)
    edges = np.linspace(mel(LOW), mel(HIGH), BINS + 2)
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    return np.maximum(0, np.minimum((lines - left) / (centre - left), (right - lines) / (right - centre)))


def log_mel(samples):
    """Returns frames × BINS for samples in [-1, 1], whole windows only."""
    count = (len(samples) - WINDOW) // HOP + 1
    x = np.stack([samples[i * HOP : i * HOP + WINDOW] for i in range(count)]).astype(np.float64)
    x -= x.mean(1, keepdims=True)
    x -= 0.97 * np.concatenate([x[:, :1], x[:, :-1]], 1)
    x *= (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))) ** 0.85  # Povey
    power = np.abs(np.fft.rfft(x, FFT)[:, : FFT // 2]) ** 2
    return np.log(np.maximum(power @ filters().T, FLOOR))
