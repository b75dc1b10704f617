"""Inputs that any language makes alike: sines, and noise from whole numbers.

internal/network/campplus/golden_test.go has the same formulas.
"""

import numpy as np

from fbank import BINS, RATE


def noise(n):
    """Returns n numbers in [-1, 1) from a linear congruential generator."""
    out, state = np.empty(n), 1
    for i in range(n):
        state = (1664525 * state + 1013904223) % 2**32
        out[i] = state / 2**31 - 1
    return out


def features(frames):
    """Returns frames × BINS, in the range and with the slow turns of speech."""
    t, f = np.arange(frames)[:, None], np.arange(BINS)[None, :]
    slow = np.sin(0.071 * t + 0.13 * f) + np.sin(0.023 * t - 0.31 * f)
    return (-7 - 0.03 * f + 2 * slow + noise(frames * BINS).reshape(frames, BINS)).astype(np.float32)


def voice(samples):
    """Returns a buzz of harmonics with a moving pitch, and a little noise."""
    t = np.arange(samples) / RATE
    phase = 2 * np.pi * (120 * t + 3 * np.sin(2 * np.pi * 0.7 * t))
    out = 0.01 * noise(samples) + 0.02
    for k in range(1, 31):
        formants = np.exp(-(((k * 120 - 600) / 300) ** 2)) + 0.5 * np.exp(-(((k * 120 - 1700) / 400) ** 2)) + 0.05
        out = out + 0.1 * formants * (1 + 0.5 * np.sin(2 * np.pi * 3 * t + k)) * np.sin(k * phase)
    return out.astype(np.float32)
