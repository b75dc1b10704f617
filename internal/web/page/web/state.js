// What the page knows of a stream: the events of one run, applied in order. Package board
// does the same in Go, and a test compares the two.

export const unknown = "unknown";

const order = (a, b) => a.start - b.start || a.id - b.id;
const mostWords = 12000; // of a recogniser that are kept

/** place is the index at which one is, or would be, among others in order. */
function place(all, one) {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (order(all[mid], one) < 0) low = mid + 1;
    else high = mid;
  }
  return low;
}

export class Board {
  /** A board from a snapshot that the server sent, or an empty one. */
  constructor(s = null) {
    this.stream = s?.stream ?? "";
    this.run = s?.run ?? "";
    this.seq = s?.seq ?? 0;
    this.time = s?.time ?? 0;
    this.source = s?.source ?? null;
    this.status = s?.status ?? null;
    this.end = s?.end ?? null;
    this.turns = s?.turns ?? []; // by start, then by id
    this.gaps = s?.gaps ?? [];
    this.marks = s?.marks ?? [];
    this.foldedUntil = s?.folded_until ?? 0;
    this.speakers = []; // in order of appearance, without unknown
    this.names = new Map();
    this.merged = new Map();
    this.folded = new Map();
    for (const p of s?.speakers ?? []) {
      if (p.speaker !== unknown) this.speakers.push(p.speaker);
      if (p.name) this.names.set(p.speaker, p.name);
      if (p.into && p.into !== unknown) this.merged.set(p.speaker, p.into);
      if (p.folded) this.folded.set(p.speaker, p.folded);
    }
    this.said = new Map((s?.said ?? []).map((h) => [h.recogniser, h.words])); // words by start, then by id
    this.partials = new Map(); // words that may still change, by recogniser
    this.ids = new Map(this.turns.map((t) => [t.id, t]));
    this.longest = this.turns.reduce((most, t) => Math.max(most, t.end - t.start), 0);
    this.version = 0;
    this.sums = null;
  }

  name(speaker) {
    return this.names.get(speaker) || speaker;
  }

  /**
   * apply applies an event. It returns null if the event was applied before. Otherwise it returns
   * the turns that changed after their end, as they were and as they are.
   */
  apply(e) {
    if (e.stream !== this.stream || e.run !== this.run || e.seq <= this.seq) return null;
    this.seq = e.seq;
    this.time = Math.max(this.time, e.time);
    this.version++;
    this.sums = null;
    const changed = [];
    switch (e.kind) {
      case "stream-started":
        this.source = e.source;
        break;
      case "stream-ended":
        this.end = e.end;
        for (const t of this.turns) t.open = false;
        break;
      case "turn-started":
      case "turn-updated":
        this.put({ ...e.turn, open: true });
        break;
      case "turn-ended":
        this.put({ ...e.turn, open: false });
        break;
      case "turn-revised": {
        const was = this.ids.get(e.turn.id);
        const now = { ...e.turn, open: false };
        this.put(now);
        changed.push({ was, now });
        break;
      }
      case "turn-withdrawn": {
        const was = this.ids.get(e.turn.id);
        if (was) {
          this.remove(was);
          changed.push({ was, now: null });
        }
        break;
      }
      case "speaker-added":
        this.merged.delete(e.speaker);
        this.meet(e.speaker);
        break;
      case "speaker-merged":
        this.merge(e.speaker, e.into, changed);
        break;
      case "words-attributed":
        this.say(e.words);
        break;
      case "speaker-identified":
        this.names.set(e.speaker, e.name);
        break;
      case "gap":
        this.gaps.push(e.gap);
        break;
      case "mark":
        this.marks.push(e.mark);
        break;
      case "status":
        this.status = e.status;
        break;
    }
    return changed;
  }

  /** say puts in words that have a new speaker. The times of a word do not change. */
  say({ recogniser, list }) {
    if (!this.said.has(recogniser)) this.said.set(recogniser, []);
    const words = this.said.get(recogniser);
    for (const w of list) {
      const at = place(words, w);
      words.splice(at, words[at]?.id === w.id ? 1 : 0, w);
    }
    if (words.length > mostWords) words.splice(0, words.length - mostWords + mostWords / 8);
    const last = words.at(-1)?.end ?? 0;
    if ((this.partials.get(recogniser)?.end ?? Infinity) <= last) this.partials.delete(recogniser);
  }

  /** turnsOf is the ids of the speaker's closed turns that a line of words mostly lies in. */
  turnsOf({ speaker, start, end }) {
    const own = this.between(start, end).filter((t) => t.speaker === speaker && !t.open && speaker !== unknown);
    const shared = (t) => Math.min(t.end, end) - Math.max(t.start, start);
    return own.filter((t) => shared(t) > Math.min(0.2, (end - start) / 2)).map((t) => t.id);
  }

  /** turnAt is the closed turn of a word's speaker that has most of the word. */
  turnAt(w) {
    const end = Math.max(w.end, w.start + 1e-6);
    const shared = (t) => Math.min(t.end, end) - Math.max(t.start, w.start);
    const own = this.between(w.start, end).filter((t) => t.speaker === w.speaker && !t.open && w.speaker !== unknown);
    return own.reduce((most, t) => (!most || shared(t) > shared(most) ? t : most), undefined);
  }

  /**
   * partOf is the part of turns to give away so that words, by their ids, get another speaker:
   * ids of turns, a start and an end. The turn is cut half way to the word before and after in
   * the same turn. Without such a word the part reaches to the border of the turn.
   */
  partOf(recogniser, ids) {
    const all = this.said.get(recogniser) ?? [];
    const turns = new Map(); // turns of the words
    for (const w of all) {
      const t = ids.has(w.id) && this.turnAt(w);
      if (t) turns.set(t.id, { t, picked: [...(turns.get(t.id)?.picked ?? []), w] });
    }
    const part = { turns: [...turns.keys()].sort((a, b) => a - b), start: Infinity, end: 0 };
    for (const { t, picked } of turns.values()) {
      const others = all.filter((w) => !ids.has(w.id) && w.speaker === t.speaker && w.end > t.start && w.start < t.end && this.turnAt(w)?.id === t.id);
      const [first, last] = [picked[0], picked.at(-1)];
      const before = others.filter((w) => w.start < first.start).at(-1);
      const after = others.find((w) => w.start > last.start);
      part.start = Math.min(part.start, before ? (before.end + first.start) / 2 : t.start);
      part.end = Math.max(part.end, after ? (last.end + after.start) / 2 : t.end);
    }
    return part;
  }

  /** guess keeps partial words, which may still change. */
  guess({ run, recogniser, start, end, text }) {
    if (run !== this.run || this.end) return;
    if (!this.partials.has(recogniser) && this.partials.size === 8) return;
    if (text && end > (this.said.get(recogniser)?.at(-1)?.end ?? 0)) this.partials.set(recogniser, { start, end, text });
    else this.partials.delete(recogniser);
  }

  /** place is the index at which t is, or would be, among the turns. */
  place(t) {
    return place(this.turns, t);
  }

  put(t) {
    this.meet(t.speaker);
    const was = this.ids.get(t.id);
    if (!was && this.foldedUntil > 0 && t.end <= this.foldedUntil) return;
    this.longest = Math.max(this.longest, t.end - t.start);
    if (was && was.start === t.start) {
      this.turns[this.place(was)] = t;
    } else {
      if (was) this.turns.splice(this.place(was), 1);
      this.turns.splice(this.place(t), 0, t);
    }
    this.ids.set(t.id, t);
  }

  remove(t) {
    this.turns.splice(this.place(t), 1);
    this.ids.delete(t.id);
  }

  meet(speaker) {
    if (speaker !== unknown && !this.speakers.includes(speaker)) this.speakers.push(speaker);
  }

  merge(speaker, into, changed) {
    this.meet(into);
    if (speaker === into) return;
    for (const t of this.turns) {
      if (t.speaker !== speaker) continue;
      const was = { ...t };
      t.speaker = into;
      if (!t.open) t.state = "revised";
      changed.push({ was, now: t });
    }
    const f = this.folded.get(speaker);
    if (f) {
      const g = this.folded.get(into) ?? { talk: 0, turns: 0 };
      this.folded.set(into, { talk: f.talk + g.talk, turns: f.turns + g.turns });
      this.folded.delete(speaker);
    }
    for (const words of this.said.values()) for (const w of words) if (w.speaker === speaker) w.speaker = into;
    this.merged.delete(into);
    this.merged.set(speaker, into);
  }

  /**
   * shares lists the speakers that have a turn, in order of appearance, with talk time, turns and
   * share. unknown comes last.
   */
  shares() {
    if (this.sums) return this.sums;
    const tally = new Map();
    let all = 0;
    const add = (speaker, talk, turns, open) => {
      const t = tally.get(speaker) ?? { talk: 0, turns: 0, speaking: false };
      t.talk += talk;
      t.turns += turns;
      t.speaking ||= Boolean(open);
      tally.set(speaker, t);
      all += talk;
    };
    for (const [speaker, f] of this.folded) add(speaker, f.talk, f.turns, false);
    for (const t of this.turns) add(t.speaker, t.end - t.start, 1, t.open);
    const none = { talk: 0, turns: 0, speaking: false };
    const listed = this.speakers.filter((s) => tally.has(s));
    if (tally.has(unknown)) listed.push(unknown);
    this.sums = listed.map((speaker) => {
      const t = tally.get(speaker) ?? none;
      return { speaker, name: this.name(speaker), ...t, share: all > 0 ? t.talk / all : 0 };
    });
    return this.sums;
  }

  /** speaking returns the open turns, which are among the latest turns. */
  speaking() {
    return this.turns.slice(-64).filter((t) => t.open);
  }

  /** between returns the turns with speech between two times. */
  between(start, end) {
    const found = [];
    for (let i = this.place({ start: start - this.longest, id: 0 }); i < this.turns.length && this.turns[i].start < end; i++) {
      if (this.turns[i].end > start) found.push(this.turns[i]);
    }
    return found;
  }
}
