// Print a stream's turns as RTTM when it ends: node subscribe.mjs nats://127.0.0.1:4222 standup
import { connect } from "@nats-io/transport-node";
import { jetstream } from "@nats-io/jetstream";

const [url, stream] = process.argv.slice(2);
const nc = await connect({ servers: url });
// An ordered consumer: from the oldest event that is kept, then live, without holes.
const consumer = await jetstream(nc).consumers.get("DIARIZER", { filter_subjects: `diarizer.v1.${stream}.>` });
let run, file, turns, names, ended;
for await (const message of await consumer.consume()) {
  const e = message.json();
  if (e.kind === "stream-started") [run, file, turns, names, ended] = [e.run, e.source.name, new Map(), {}, false];
  else if (e.run !== run) {} // of a run before, which broke off
  else if (e.kind === "turn-withdrawn") turns.delete(e.turn.id);
  else if (e.turn) turns.set(e.turn.id, e.turn);
  else if (e.kind === "speaker-merged") turns.forEach((t) => { if (t.speaker === e.speaker) t.speaker = e.into; });
  else if (e.kind === "speaker-identified") names[e.speaker] = e.name;
  else if (e.kind === "stream-ended") ended = true;
  if (ended && message.info.pending === 0) break; // nothing is stored behind it, such as what people have corrected since
}
const ms = (seconds) => Math.round(seconds * 1000), word = (s) => s.replace(/\s/g, "_");
for (const t of [...turns.values()].sort((a, b) => a.start - b.start || a.id - b.id)) {
  if (t.end > t.start)
    console.log(`SPEAKER ${word(file)} 1 ${(ms(t.start) / 1000).toFixed(3)} ${((ms(t.end) - ms(t.start)) / 1000).toFixed(3)} <NA> <NA> ${word(names[t.speaker] ?? t.speaker)} <NA> <NA>`);
}
await nc.drain();
