"""Hear words with pocketsphinx, live, and tell them to a diarizer that hears the same sound:

    pip install pocketsphinx
    arecord -t raw -f S16_LE -r 16000 | tee >(python3 words_pocketsphinx.py 127.0.0.1:4222 stdin) \\
      | diarizer replay --nats nats://127.0.0.1:4222 --raw s16le:16000:1 -
    diarizer watch --words

Its English model comes with the package. It is small, and gets many words wrong."""
import sys
from pocketsphinx import Decoder, Endpointer
from words import Words

bus = Words(sys.argv[1], sys.argv[2], "pocketsphinx")
endpointer, decoder = Endpointer(window=0.3, ratio=0.8), Decoder(samprate=16000, loglevel="FATAL")

def heard():
    return [{"text": s.word.split("(")[0], "start": round(begun + s.start_frame / 100, 2), "end": round(begun + (s.end_frame + 1) / 100, 2)}
            for s in decoder.seg() or [] if s.word[0] not in "<["]

begun, told = None, 0.0
while frame := sys.stdin.buffer.read(endpointer.frame_bytes):
    speech = endpointer.process(frame) if len(frame) == endpointer.frame_bytes else endpointer.end_stream(frame)
    if speech is None:
        continue
    if begun is None:
        begun = told = endpointer.speech_start
        decoder.start_utt()
    decoder.process_raw(speech)
    if endpointer.in_speech:
        told += endpointer.frame_length
        if told - begun > 1 and int(told) > int(told - endpointer.frame_length):  # once a second
            bus.partial(heard())
    else:
        decoder.end_utt()
        bus.send(heard())
        begun = None
if begun is not None:
    decoder.end_utt()
    bus.send(heard())
bus.end()
