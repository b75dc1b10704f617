"""Print a stream's turns as RTTM when it ends, with nothing but Python: python3 subscribe.py 127.0.0.1:4222 standup"""
import json, re, socket, sys, uuid

address, stream = sys.argv[1:3]
bus, inbox = socket.create_connection(address.rsplit(":", 1)).makefile("rwb"), "_INBOX." + uuid.uuid4().hex
ask = json.dumps({"stream_name": "DIARIZER", "config": {"filter_subject": f"diarizer.v1.{stream}.>", "deliver_subject": inbox, "ack_policy": "none"}})
bus.write(f'CONNECT {{"headers": true, "no_responders": true, "verbose": false}}\r\nSUB {inbox} 1\r\nSUB {inbox}.reply 2\r\nPUB $JS.API.CONSUMER.CREATE.DIARIZER {inbox}.reply {len(ask)}\r\n{ask}\r\n'.encode())
bus.flush()
run, ended = None, False
for word in map(bytes.split, bus):
    if word[0] == b"PING":
        bus.write(b"PONG\r\n"), bus.flush()
    if word[0] not in (b"MSG", b"HMSG"):
        continue
    body = bus.read(int(word[-1]) + 2)[int(word[-2]) if word[0] == b"HMSG" else 0:].strip()  # after the headers
    if word[2] == b"2":  # the answer to what was asked
        if failed := json.loads(body).get("error") if body else {"description": "no JetStream there"}:
            sys.exit(f"subscribe.py: the stream DIARIZER at {address}: {failed['description']}")
        continue
    e = json.loads(body)
    if e["kind"] == "stream-started":
        run, file, turns, names, ended = e["run"], e["source"]["name"], {}, {}, False
    if e["run"] != run:
        pass  # of a run before, which broke off
    elif "turn" in e:
        turns[e["turn"]["id"]] = e["turn"] if e["kind"] != "turn-withdrawn" else None
    elif e["kind"] == "speaker-merged":
        [t.update(speaker=e["into"]) for t in turns.values() if t and t["speaker"] == e["speaker"]]
    elif e["kind"] == "speaker-identified":
        names[e["speaker"]] = e["name"]
    elif e["kind"] == "stream-ended":
        ended = True
    if ended and word[3].split(b".")[8 if word[3].count(b".") == 8 else 10] == b"0":
        break  # nothing is stored behind it, such as what people have corrected since
for t in sorted(filter(None, turns.values()), key=lambda t: (t["start"], t["id"])):
    (start, end), who = (int(t[at] * 1000 + 0.5) / 1000 for at in ("start", "end")), names.get(t["speaker"], t["speaker"])
    if t["end"] > t["start"]:
        print("SPEAKER", re.sub(r"\s", "_", file), 1, f"{start:.3f} {end - start:.3f} <NA> <NA>", re.sub(r"\s", "_", who), "<NA> <NA>")
