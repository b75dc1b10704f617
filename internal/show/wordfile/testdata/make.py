"""Make the transcripts of this directory from the words of the demo: python3 make.py PACKAGES

PACKAGES is a directory with the unpacked packages of openai-whisper 20250625 (sdist), whisper-ctranslate2 0.5.8, whisperX 3.8.6
and faster-whisper 1.2.1 from PyPI. Nothing is recognised: their own writers write a result whose words are the demo's first
forty. What has no writer in Python follows the source of its program: whisper.cpp's examples/cli/cli.cpp (output_json), OpenAI's
description of verbose_json. The CTM is meeteval's, which is installed."""
import dataclasses, importlib.util, json, os, re, sys

packages, here = sys.argv[1], os.path.dirname(os.path.abspath(__file__))
def load(path, name):
    spec = importlib.util.spec_from_file_location(name, os.path.join(packages, path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module

words = []  # text, start, end, speaker
with open(os.path.join(here, "../../../cli/demo/demo.ctm")) as f:
    for l in f:
        _, _, start, length, text, _, _, who = l.split()
        words.append((text, float(start), round(float(start) + float(length), 2), who))
words = words[:40]
segments = []
for w in words:
    if segments and segments[-1][-1][3] == w[3] and not segments[-1][-1][0].endswith((".", "?")):
        segments[-1].append(w)
    else:
        segments.append([w])
text = lambda s: " " + " ".join(w[0] for w in s)
def result(key="probability", word=lambda w: " " + w):
    return {"text": "".join(map(text, segments)), "language": "en", "segments": [
        {"id": i, "seek": 0, "start": s[0][1], "end": s[-1][2], "text": text(s), "tokens": [50364, 100 + i], "temperature": 0.0,
         "avg_logprob": -0.2, "compression_ratio": 1.3, "no_speech_prob": 0.01,
         "words": [{"word": word(w), "start": a, "end": b, key: 0.9} for w, a, b, _ in s]} for i, s in enumerate(segments)]}
def write(name, write):
    with open(os.path.join(here, name), "w", encoding="utf-8") as f:
        write(f)

whisper = load("openai_whisper-20250625/whisper/utils.py", "whisper_utils")
plain = {"max_line_width": None, "max_line_count": None, "highlight_words": False, "max_words_per_line": None}
write("whisper.json", lambda f: whisper.WriteJSON(here).write_result(result(), f, {}))
write("whisper.srt", lambda f: whisper.WriteSRT(here).write_result({**result(), "segments": [{k: v for k, v in s.items() if k != "words"} for s in result()["segments"]]}, f, plain))
write("whisper.vtt", lambda f: whisper.WriteVTT(here).write_result({**result(), "segments": [{k: v for k, v in s.items() if k != "words"} for s in result()["segments"]]}, f, plain))
write("whisper-highlight.srt", lambda f: whisper.WriteSRT(here).write_result(result(), f, {**plain, "highlight_words": True}))
write("whisper-highlight.vtt", lambda f: whisper.WriteVTT(here).write_result(result(), f, {**plain, "highlight_words": True}))
write("whisper-word.srt", lambda f: whisper.WriteSRT(here).write_result(result(), f, {**plain, "max_words_per_line": 1}))
fast = load("whisper_ctranslate2/whisper_ctranslate2/writers.py", "ct2_writers")
write("whisper-ctranslate2.json", lambda f: fast.WriteJSON(here).write_result(result(), f, {"pretty_json": True}))

# faster-whisper is a library; its users write its segments like this.
with open(os.path.join(packages, "faster_whisper/faster_whisper/transcribe.py")) as f:
    source = f.read()
cut = lambda name: re.search(rf"@dataclass\nclass {name}:\n(?:    \w+: .*\n)+", source).group()
scope = {}
exec("from dataclasses import dataclass\nfrom typing import List, Optional\n" + cut("Word") + cut("Segment"), scope)
objects = [scope["Segment"](**{**s, "words": [scope["Word"](**w) for w in s["words"]]}) for s in result()["segments"]]
write("faster-whisper.json", lambda f: json.dump([dataclasses.asdict(s) for s in objects], f))

# whisperX leaves out the times of what its alignment model has no letters for.
whisperx = load("whisperx/whisperx/utils.py", "whisperx_utils")
aligned = result("score", lambda w: w)
for s in aligned["segments"]:
    for k in ("id", "seek", "tokens", "temperature", "compression_ratio", "no_speech_prob"):
        s.pop(k)
for k in ("start", "end", "score"):
    aligned["segments"][1]["words"][3].pop(k)
aligned = {"segments": aligned["segments"], "word_segments": [w for s in aligned["segments"] for w in s["words"]], "language": "en"}
write("whisperx.json", lambda f: whisperx.WriteJSON(here).write_result(aligned, f, {}))

# OpenAI's words have no punctuation.
bare = lambda w: re.sub(r"[^\w']", "", w)
openai = {"task": "transcribe", "language": "english", "duration": 70.44, "text": "".join(map(text, segments)).strip()}
write("openai.json", lambda f: json.dump({**openai, "words": [{"word": bare(w), "start": a, "end": b} for w, a, b, _ in words]}, f))
write("openai-segments.json", lambda f: json.dump({**openai, "segments": [{k: v for k, v in s.items() if k != "words"} for s in result()["segments"]]}, f))

# whisper.cpp: milliseconds, and with -ojf the tokens, some of which are parts of words.
stamp = lambda t: "%02d:%02d:%02d,%03d" % (t // 3600, t // 60 % 60, t % 60, round(t * 1000) % 1000)
times = lambda a, b: {"timestamps": {"from": stamp(a), "to": stamp(b)}, "offsets": {"from": round(a * 100) * 10, "to": round(b * 100) * 10}}
def tokens(s):
    out = [{"text": "[_BEG_]", **times(s[0][1], s[0][1]), "id": 50363, "p": 0.99, "t_dtw": -1}]
    for w, a, b, _ in s:
        mark = re.search(r"[.,?!]*$", w).group()
        stem = w[:len(w) - len(mark)]
        pieces = [" " + stem] if len(stem) < 7 else [" " + stem[:4], stem[4:]]
        middle = round((a + b) / 2, 2)
        for i, piece in enumerate(pieces):
            out.append({"text": piece, **(times(a, b) if len(pieces) == 1 else times(*[(a, middle), (middle, b)][i])), "id": 1000, "p": 0.8 + 0.1 * i, "t_dtw": -1})
        if mark:
            out.append({"text": mark, **times(b, b), "id": 13, "p": 0.7, "t_dtw": -1})
    return out + [{"text": "[_TT_%d]" % round(s[-1][2] * 50), **times(s[-1][2], s[-1][2]), "id": 50400, "p": 0.2, "t_dtw": -1}]
head = {"systeminfo": "AVX = 1 | ", "model": {"type": "base", "multilingual": False, "vocab": 51864, "audio": {"ctx": 1500, "state": 512, "head": 8, "layer": 6},
        "text": {"ctx": 448, "state": 512, "head": 8, "layer": 6}, "mels": 80, "ftype": 1},
        "params": {"model": "models/ggml-base.en.bin", "language": "en", "translate": False}, "result": {"language": "en"}}
for name, full in ("whispercpp.json", False), ("whispercpp-full.json", True):
    write(name, lambda f: json.dump({**head, "transcription": [{**times(s[0][1], s[-1][2]), "text": text(s), **({"tokens": tokens(s)} if full else {})} for s in segments]}, f, indent="\t"))

from meeteval.io import CTM, CTMLine
write("meeteval.ctm", lambda f: f.write(CTM([CTMLine(filename="demo", channel="1", begin_time=a, duration=round(b - a, 2), word=w, confidence=0.9) for w, a, b, _ in words]).dumps()))
