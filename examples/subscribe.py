"""Print a stream's turns as RTTM when it ends: python3 subscribe.py 127.0.0.1:4222 standup

Needs nothing but Python: a socket and six lines of NATS. With a NATS library, only the loop over events is left."""
import json, re, socket, sys, uuid

address, stream = sys.argv[1:3]
bus = socket.create_connection(address.rsplit(":", 1)).makefile("rwb")
inbox = "_INBOX." + uuid.uuid4().hex
ask = json.dumps({"stream_name": "DIARIZER", "config": {  # from the oldest event that is kept, then live
    "filter_subject": f"diarizer.v1.{stream}.>", "deliver_subject": inbox, "ack_policy": "none"}})
bus.write(f'CONNECT {{"headers": true, "verbose": false}}\r\nSUB {inbox} 1\r\n'
          f"PUB $JS.API.CONSUMER.CREATE.DIARIZER {inbox}.reply {len(ask)}\r\n{ask}\r\n".encode())
bus.flush()
run, turns, names = None, {}, {}
for line in bus:
    word = line.split()
    if word[0] == b"PING":
        bus.write(b"PONG\r\n"), bus.flush()
    if word[0] not in (b"MSG", b"HMSG"):  # a length with and one without headers
        continue
    body = bus.read(int(word[-1]) + 2)[int(word[-2]) if word[0] == b"HMSG" else 0:]
    event = json.loads(body)
    kind, turn = event["kind"], event.get("turn")
    if kind == "stream-started":
        run, turns, names, file = event["run"], {}, {}, event["source"]["name"]
    elif event["run"] != run:
        continue
    elif kind == "turn-withdrawn":
        del turns[turn["id"]]
    elif turn:
        turns[turn["id"]] = turn
    elif kind == "speaker-merged":
        for t in turns.values():
            t["speaker"] = event["into"] if t["speaker"] == event["speaker"] else t["speaker"]
    elif kind == "speaker-identified":
        names[event["speaker"]] = event["name"]
    elif kind == "stream-ended":
        break
word = lambda text: re.sub(r"\s", "_", text)
for t in sorted(turns.values(), key=lambda t: (t["start"], t["id"])):
    start, end = (int(t[side] * 1000 + 0.5) / 1000 for side in ("start", "end"))
    if t["end"] > t["start"]:
        print("SPEAKER", word(file), 1, f"{start:.3f} {end - start:.3f} <NA> <NA>",
              word(names.get(t["speaker"], t["speaker"])), "<NA> <NA>")
