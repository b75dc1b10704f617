"""Compose conversations whose every word is known: python3 compose.py DIRECTORY [CONVERSATIONS]

Each conversation becomes NAME.wav, NAME.rttm (who speaks when, from the words; pauses of up to half a second are part of the
turn) and NAME.words.json (each word with its speaker and times). flite speaks the lines of lines.txt, pocketsphinx finds where
in the sound each word is, and the lines are laid one after the other, some of them into another's. Needs flite, and
pocketsphinx and numpy from PyPI. The same versions give the same conversations."""
import hashlib, json, os, random, re, subprocess, sys, wave
import numpy as np
from pocketsphinx import Decoder

HERE = os.path.dirname(os.path.abspath(__file__))
VOICES = [("slt", 1.0), ("awb", 1.0), ("rms", 1.0), ("kal16", 1.0), ("slt", 0.8), ("rms", 1.3)]  # flite's voice, pitch

def speak(voice, pitch, stretch, text, cache):
    """The samples of one line, and its words with their times in seconds."""
    key = os.path.join(cache, hashlib.sha256(f"{voice} {pitch} {stretch} {text}".encode()).hexdigest()[:24])
    if not os.path.exists(key + ".json"):
        # A voice with another pitch also has another length of vocal tract: it is played back at another rate.
        subprocess.run(["flite", "-voice", voice, "--setf", f"duration_stretch={stretch * pitch}", "-t", text, "-o", key + ".wav"], check=True)
        with wave.open(key + ".wav") as w:
            assert w.getframerate() == 16000
            x = np.frombuffer(w.readframes(w.getnframes()), dtype="<i2").astype(float)
        x = np.interp(np.arange(0, len(x) - 1, pitch), np.arange(len(x)), x)
        np.save(key + ".npy", x.astype("<i2"))
        spoken = [re.sub(r"[^a-z']", "", w.lower()) for w in text.split()]
        d = Decoder(samprate=16000, loglevel="FATAL", bestpath=False)
        d.set_align_text(" ".join(spoken))
        d.start_utt(); d.process_raw(x.astype("<i2").tobytes(), full_utt=True); d.end_utt()
        found = [s for s in d.seg() if not s.word.startswith("<")]
        if [re.sub(r"\(\d+\)$", "", s.word) for s in found] != spoken:
            raise SystemExit(f"{voice}: {text!r}: pocketsphinx found {[s.word for s in found]}")
        with open(key + ".json", "w") as f:
            json.dump([[w, s.start_frame / 100, (s.end_frame + 1) / 100] for w, s in zip(text.split(), found)], f)
    with open(key + ".json") as f:
        return np.load(key + ".npy").astype(float), json.load(f)

def compose(seed, lines, asides, cache):
    rng = random.Random(seed)
    people = [(f"p{i + 1}", v, p, round(rng.uniform(0.85, 1.05), 2), rng.uniform(0.5, 1)) for i, (v, p) in enumerate(rng.sample(VOICES, rng.choice([2, 3, 4])))]
    samples, words, end, last = np.zeros(0), [], 0.5, None
    def place(who, text, at):
        nonlocal samples
        x, own = speak(who[1], who[2], who[3], text, cache)
        first, final = own[0][1], own[-1][2]
        x = x[int(first * 16000):int(final * 16000)] * (who[4] * 3000 / (np.sqrt(np.mean(x ** 2)) + 1))
        begin = int(at * 16000)
        samples = np.pad(samples, (0, max(0, begin + len(x) - len(samples))))
        samples[begin:begin + len(x)] += x
        words.extend({"text": w, "start": round(at + s - first, 3), "end": round(at + e - first, 3), "speaker": who[0]} for w, s, e in own)
        return at + final - first
    begin = rng.randrange(len(lines))
    for n in range(40):
        who = rng.choice([p for p in people if p is not last] if rng.random() < 0.85 else people)
        gap = -rng.uniform(0.15, 0.8) if n and who is not last and rng.random() < 0.2 else rng.choice([rng.uniform(0, 0.2), rng.uniform(0.1, 1.2)])
        at = max(0.3, end + gap)
        began, end = at, max(end, place(who, lines[(begin + n) % len(lines)], at))
        if end - began > 2.5 and rng.random() < 0.35:
            other = rng.choice([p for p in people if p is not who])
            end = max(end, place(other, rng.choice(asides), rng.uniform(began + 0.8, end - 1)))
        last = who
    samples = np.pad(samples, (0, 16000)) + np.random.default_rng(seed).normal(0, 12, len(samples) + 16000)
    return samples, sorted(words, key=lambda w: (w["start"], w["end"]))

def turns(words):
    out = {}
    for w in words:
        own = out.setdefault(w["speaker"], [])
        if own and w["start"] - own[-1][1] <= 0.5:
            own[-1][1] = max(own[-1][1], w["end"])
        else:
            own.append([w["start"], w["end"]])
    return sorted((s, e, who) for who, own in out.items() for s, e in own)

def main(directory, count=12):
    with open(os.path.join(HERE, "lines.txt")) as f:
        text = [l.strip() for l in f if l.strip() and not l.startswith("#")]
    asides, lines = [l[2:] for l in text if l.startswith("< ")], [l for l in text if not l.startswith("<")]
    cache = os.path.join(directory, "spoken")
    os.makedirs(cache, exist_ok=True)
    for seed in range(count):
        name = os.path.join(directory, f"talk{seed:02d}")
        samples, words = compose(seed, lines, asides, cache)
        with wave.open(name + ".wav", "w") as w:
            w.setnchannels(1); w.setsampwidth(2); w.setframerate(16000)
            w.writeframes(np.clip(samples, -32767, 32767).astype("<i2").tobytes())
        with open(name + ".words.json", "w") as f:
            json.dump({"words": words}, f)
        with open(name + ".rttm", "w") as f:
            for s, e, who in turns(words):
                f.write(f"SPEAKER {os.path.basename(name)} 1 {s:.3f} {e - s:.3f} <NA> <NA> {who} <NA> <NA>\n")
        print(name, f"{len(samples) / 16000:.0f} s, {len(words)} words, {len(turns(words))} turns")

main(sys.argv[1], *map(int, sys.argv[2:]))
