"""Recognise the conversations that compose.py made: python3 recognize.py DIRECTORY

pocketsphinx with the English model of its package hears each NAME.wav and writes NAME.heard.ctm, words with times. It is a small
model of 2015 and gets many words wrong; what it is used for is that its times are a recogniser's own. Needs pocketsphinx from
PyPI."""
import glob, os, sys, wave
from pocketsphinx import AudioFile, Endpointer, Decoder

for path in sorted(glob.glob(os.path.join(sys.argv[1], "*.wav"))):
    name = os.path.splitext(path)[0]
    with wave.open(path) as w:
        assert w.getframerate() == 16000 and w.getnchannels() == 1
        sound = w.readframes(w.getnframes())
    endpointer, decoder = Endpointer(window=0.3, ratio=0.8), Decoder(samprate=16000, loglevel="FATAL")
    size, lines, begun = endpointer.frame_bytes, [], None
    def end():
        decoder.end_utt()
        for s in decoder.seg():
            if s.word[0] not in "<[":
                at = begun + s.start_frame / 100
                lines.append(f"{os.path.basename(name)} 1 {at:.2f} {(s.end_frame - s.start_frame + 1) / 100:.2f} {s.word.split('(')[0]}\n")
    for at in range(0, len(sound), size):
        frame = sound[at:at + size]
        speech = endpointer.process(frame) if len(frame) == size else endpointer.end_stream(frame)
        if speech is not None:
            if begun is None:
                begun = endpointer.speech_start
                decoder.start_utt()
            decoder.process_raw(speech)
        if begun is not None and not endpointer.in_speech:
            end()
            begun = None
    if begun is not None:
        end()
    with open(name + ".heard.ctm", "w") as f:
        f.writelines(lines)
    print(name, len(lines), "words")
