"""Tell a diarizer the words of a stream, with nothing but Python; the bridges beside this file use it.

    bus = Words("127.0.0.1:4222", "meeting", "my-recogniser")
    bus.send([{"text": "Hello.", "start": 0.5, "end": 0.9, "confidence": 0.8}])
    bus.end()
"""
import json, re, socket, sys, uuid

class Words:
    def __init__(self, address, stream, recogniser):
        self.subject, self.recogniser, self.seq = "diarizer.words.v1." + stream, recogniser, 0
        self.inbox = "_INBOX." + uuid.uuid4().hex
        self.bus = socket.create_connection(address.rsplit(":", 1)).makefile("rwb")
        self.bus.write(f'CONNECT {{"headers": true, "no_responders": true, "verbose": false}}\r\nSUB {self.inbox} 1\r\n'.encode())

    def request(self, message):
        data = json.dumps({"recogniser": self.recogniser, **message}).encode()
        self.bus.write(f"PUB {self.subject} {self.inbox} {len(data)}\r\n".encode() + data + b"\r\n")
        self.bus.flush()
        for word in map(bytes.split, self.bus):
            if word[0] == b"PING":
                self.bus.write(b"PONG\r\n"), self.bus.flush()
            if word[0] in (b"MSG", b"HMSG"):
                answer = self.bus.read(int(word[-1]) + 2)
                if word[0] == b"HMSG":  # "503", without a body
                    raise SystemExit(f"nobody diarizes this stream: {self.subject}")
                answer = json.loads(answer)
                if "error" in answer:
                    raise SystemExit(f"{self.subject}: {answer['error']}")
                return answer["words"]
        raise SystemExit("the connection to NATS is closed")

    def send(self, words):
        """Words that will not change; they get their speakers."""
        if words:
            self.seq += 1
            self.request({"seq": self.seq, "words": words})

    def partial(self, words):
        """Words that may still change, for those who watch."""
        self.request({"partial": True, "words": words})

    def end(self):
        """There are no more words: the stream need not wait."""
        self.request({"end": True})

def whisper_words(segments, offset=0.0):
    """The words of segments as OpenAI's verbose_json, whisper.cpp's server and faster-whisper (as dicts) have them."""
    words = []
    for segment in segments:
        line = True
        for w in segment.get("words") or []:
            text = w.get("word", w.get("text", "")).strip()
            if text and not re.fullmatch(r"\[.*\]|<.*>", text):
                words.append({"text": text, "start": round(offset + w["start"], 3), "end": round(offset + max(w["start"], w["end"]), 3),
                              "confidence": min(1, max(0, w.get("probability", 0))), "line": line})
                line = False
    return words

def pieces(sound=sys.stdin.buffer, shortest=5.0, longest=20.0, rate=16000):
    """Cut sound, 16-bit samples at 16 kHz, where it is quietest: pairs of the start in seconds and the samples as bytes."""
    step, done, piece, levels = rate // 10 * 2, 0, b"", []
    level = lambda block: sum(abs(int.from_bytes(block[i:i + 2], "little", signed=True)) for i in range(0, len(block), 16))
    while block := sound.read(step):
        piece, levels = piece + block, levels + [level(block)]
        if len(levels) * 0.1 < longest and not (len(levels) * 0.1 > shortest and max(levels[-5:]) * 20 < max(levels)):
            continue
        cut = min(range(int(shortest * 10), len(levels)), key=lambda i: max(levels[i - 2:i + 3])) if len(levels) * 0.1 >= longest else len(levels) - 2
        yield done / rate / 2, piece[:cut * step]
        done, piece, levels = done + cut * step, piece[cut * step:], levels[cut:]
    if piece:
        yield done / rate / 2, piece
