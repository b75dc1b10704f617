"""Hear words with whisper.cpp's server, and tell them to a diarizer that hears the same sound:

    whisper-server -m ggml-base.en.bin --port 8081 &
    ffmpeg -i talk.mp4 -f s16le -ar 16000 -ac 1 - | tee >(python3 words_whispercpp.py 127.0.0.1:4222 stdin http://127.0.0.1:8081) \\
      | diarizer replay --nats nats://127.0.0.1:4222 --raw s16le:16000:1 -
"""
import io, json, sys, urllib.request, uuid, wave
from words import Words, pieces, whisper_words

bus, url = Words(sys.argv[1], sys.argv[2], "whispercpp"), sys.argv[3] + "/inference"
for start, samples in pieces():
    file = io.BytesIO()
    with wave.open(file, "w") as w:
        w.setnchannels(1), w.setsampwidth(2), w.setframerate(16000), w.writeframes(samples)
    mark = uuid.uuid4().hex
    body = b"".join(f'--{mark}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n" for name, more, value in
                    [("response_format", "", b"verbose_json"), ("file", '; filename="piece.wav"', file.getvalue())]) + f"--{mark}--\r\n".encode()
    request = urllib.request.Request(url, body, {"Content-Type": "multipart/form-data; boundary=" + mark})
    with urllib.request.urlopen(request) as answer:
        bus.send(whisper_words(json.load(answer)["segments"], start))
bus.end()
