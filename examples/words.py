"""Tell a diarizer the words of a stream, with nothing but Python; the bridges beside this file use it.

    bus = Words("127.0.0.1:4222", "meeting", "my-recogniser")
    bus.send([{"text": "Hello.", "start": 0.5, "end": 0.9, "confidence": 0.8}])
    bus.end()
"""
import json, re, socket, sys, time, uuid

class Words:
    patience = 20  # seconds in which another worker may take the stream over, or the server comes back

    def __init__(self, address, stream, recogniser):
        self.subject, self.recogniser, self.seq = "diarizer.words.v1." + stream, recogniser, 0
        self.inbox, self.asked, self.known, self.address = "_INBOX." + uuid.uuid4().hex, 0, False, address.rsplit(":", 1)
        self.connect()

    def connect(self):
        self.bus, self.unread = socket.create_connection(self.address, timeout=5), b""
        self.bus.sendall(f'CONNECT {{"headers": true, "no_responders": true, "verbose": false}}\r\nSUB {self.inbox}.* 1\r\n'.encode())

    def read(self, found):
        """What found cuts off what has come, when that is enough; None after five seconds."""
        until = time.monotonic() + 5
        while (cut := found(self.unread)) < 0:
            self.bus.settimeout(max(0.01, until - time.monotonic()))
            try:
                more = self.bus.recv(65536)
            except TimeoutError:
                return None
            if not more:
                raise ConnectionError("the connection to NATS is closed")
            self.unread += more
        part, self.unread = self.unread[:cut], self.unread[cut:]
        return part

    def ask(self, data):
        """The answer to a message; None where nobody is there, or says nothing. The server closes a connection on which
        nothing was asked for some minutes, such as in a silence: then another is made."""
        for _ in range(2):
            try:
                if self.bus is None:
                    self.connect()
                return self.exchange(data)
            except OSError:
                self.bus = None
        return None

    def exchange(self, data):
        self.asked += 1
        inbox = f"{self.inbox}.{self.asked}"
        self.bus.settimeout(5)
        self.bus.sendall(f"PUB {self.subject} {inbox} {len(data)}\r\n".encode() + data + b"\r\n")
        while (line := self.read(lambda b: b.find(b"\n") + 1 or -1)) is not None:
            word = line.split()
            if word[0] == b"PING":
                self.bus.sendall(b"PONG\r\n")
            if word[0] in (b"MSG", b"HMSG"):
                size = int(word[-1]) + 2
                answer = self.read(lambda b: size if len(b) >= size else -1)
                if word[1] == inbox.encode():
                    return None if word[0] == b"HMSG" or answer is None else json.loads(answer)  # "503", without a body
        return None

    def request(self, message):
        data = json.dumps({"recogniser": self.recogniser, **message}).encode()
        until = time.monotonic() + (self.patience if self.known and self.bus else 0)
        while (answer := self.ask(data)) is None:
            if time.monotonic() > until:
                if self.known and not self.bus:  # an end would break the pipe from which the diarizer hears
                    print(f"{self.subject}: no connection to NATS, words are lost", file=sys.stderr)
                    return []
                raise SystemExit(f"nobody diarizes this stream: {self.subject}")
            time.sleep(0.3)
        if "error" in answer:
            raise SystemExit(f"{self.subject}: {answer['error']}")
        self.known = True
        return answer["words"]

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
