"""Sound that any language makes alike: sines, and noise from whole numbers.

internal/network/segnet/golden_test.go has the same formula.
"""

import numpy as np

RATE = 16000


def noise(n):
    """Returns n numbers in [-1, 1) from a linear congruential generator."""
    out, state = np.empty(n), 1
    for i in range(n):
        state = (1664525 * state + 1013904223) % 2**32
        out[i] = state / 2**31 - 1
    return out


def voice(t, pitch, first, second):
    """Returns a buzz of harmonics with two formants, a moving pitch and syllables."""
    phase = 2 * np.pi * (pitch * t + 0.03 * pitch * np.sin(2 * np.pi * 0.7 * t))
    out = np.zeros_like(t)
    for k in range(1, 25):
        formants = np.exp(-(((k * pitch - first) / 250) ** 2)) + 0.5 * np.exp(-(((k * pitch - second) / 350) ** 2)) + 0.03
        out = out + formants * (1 + 0.5 * np.sin(2 * np.pi * 3.7 * t + k)) * np.sin(k * phase)
    return 0.1 * out * np.maximum(0, np.sin(2 * np.pi * 4.1 * t) + 0.6)


def talk(samples):
    """Returns two voices that take turns, overlap and pause, and a little noise."""
    t = np.arange(samples) / RATE
    low, high = np.maximum(0, np.sin(2 * np.pi * 0.31 * t + 0.4)), np.maximum(0, np.sin(2 * np.pi * 0.23 * t + 2.9))
    return (voice(t, 115, 600, 1500) * low + voice(t, 215, 450, 2100) * high + 0.002 * noise(samples)).astype(np.float32)
