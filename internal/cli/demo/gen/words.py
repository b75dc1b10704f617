"""Find the words of the script in the demo recording: python3 words.py DIRECTORY

Reads DIRECTORY/demo.flac and demo.rttm and dialogue.txt beside this file, and writes DIRECTORY/demo.ctm: each word with its
speaker and times, as NIST's CTM. pocketsphinx (from PyPI) aligns each turn's text with its stretch of the recording. Where two
speak at once it hears both, so that times there are the least exact. Needs flac, and pocketsphinx 5."""
import os, re, subprocess, sys
from pocketsphinx import Decoder

directory, here = sys.argv[1], os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "dialogue.txt")) as f:
    lines = [l.split(None, 2) for l in f if l.strip() and not l.startswith(("#", "voice"))]
with open(os.path.join(directory, "demo.rttm")) as f:
    turns = [(float(l.split()[3]), float(l.split()[4]), l.split()[7]) for l in f]
sound = subprocess.run(["flac", "-dcs", "--force-raw-format", "--endian=little", "--sign=signed", os.path.join(directory, "demo.flac")], check=True, capture_output=True).stdout
assert [who for who, _, _ in lines] == [who for _, _, who in turns], "a turn of the script is not one of the recording"

words = []
for (who, _, text), (start, length, _) in zip(lines, turns):
    begin = max(0, start - 0.1)
    spoken = [re.sub(r"[^a-z']", "", w.lower()) for w in text.split()]
    d = Decoder(samprate=16000, loglevel="FATAL", bestpath=False)
    d.set_align_text(" ".join(spoken))
    d.start_utt()
    d.process_raw(sound[int(begin * 16000) * 2:int((start + length + 0.1) * 16000) * 2], full_utt=True)
    d.end_utt()
    found = [s for s in d.seg() if not s.word.startswith("<")]
    assert [re.sub(r"\(\d+\)$", "", s.word) for s in found] == spoken, f"{text!r}: pocketsphinx found {[s.word for s in found]}"
    for w, s in zip(text.split(), found):
        at, end = max(begin + s.start_frame / 100, start), min(begin + (s.end_frame + 1) / 100, start + length)
        words.append((at, end, w, who))
with open(os.path.join(directory, "demo.ctm"), "w") as f:
    for at, end, w, who in sorted(words):
        f.write(f"demo 1 {at:.2f} {end - at:.2f} {w} <NA> lex {who}\n")
