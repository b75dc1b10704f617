"""Hear words with faster-whisper, and tell them to a diarizer that hears the same sound:

    pip install faster-whisper
    ffmpeg -i talk.mp4 -f s16le -ar 16000 -ac 1 - | tee >(python3 words_fasterwhisper.py 127.0.0.1:4222 stdin base.en) \\
      | diarizer replay --nats nats://127.0.0.1:4222 --raw s16le:16000:1 -
"""
import dataclasses, sys
import numpy as np
from faster_whisper import WhisperModel
from words import Words, pieces, whisper_words

bus, model = Words(sys.argv[1], sys.argv[2], "faster-whisper"), WhisperModel(sys.argv[3])
for start, samples in pieces():
    segments, _ = model.transcribe(np.frombuffer(samples, dtype="<i2").astype(np.float32) / 32768, word_timestamps=True)
    bus.send(whisper_words(map(dataclasses.asdict, segments), start))
bus.end()
