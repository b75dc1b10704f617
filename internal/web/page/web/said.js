// What is said: a line for each stretch of one speaker's words, in the speaker's colour. Lines
// change when words get another speaker.

import { clock, colour, element, round } from "./text.js";

const shown = 300; // lines, the latest ones
const marked = 2600; // how long a corrected word stays marked, in ms
const ownPause = 1.5; // seconds: the longest pause of a speaker within a line,
const talkedTo = 0.4; // and the longest when another speaker speaks in it

/** lines makes lines of words, which are ordered by start, as Segments of package words does. */
export function lines(words) {
  const out = [];
  const open = new Map(); // the last line of each speaker
  let last = null;
  for (const w of words) {
    let line = open.get(w.speaker);
    if (!line || w.start - line.end > (line === last ? ownPause : talkedTo) || line.words.length >= 1000) {
      line = { speaker: w.speaker, start: w.start, end: w.end, words: [] };
      out.push(line);
      open.set(w.speaker, line);
    }
    line.words.push(w);
    line.end = Math.max(line.end, w.end);
    last = line;
  }
  return out;
}

export class Said {
  /**
   * list is the element of the lines. who makes the element of a speaker's name, and moment that of
   * a time. hear is called with a time that was clicked, and chosen when other lines are chosen.
   */
  constructor({ card, list, which, who, moment, hear, chosen }) {
    Object.assign(this, { card, list, which, who, moment, hear, chosen });
    this.rows = new Map(); // by the id of the first word
    this.told = new Map(); // by word: its speaker at the last drawing
    this.picked = new Set(); // ids of the turns whose lines are chosen
    this.words = new Set(); // ids of the chosen words, if no lines are chosen
    this.run = "";
    which.addEventListener("change", () => (this.recogniser = which.value, this.choose(), this.clear()));
    list.addEventListener("click", (e) => {
      const at = e.target.closest?.("[data-at]");
      if (at && !getSelection().toString()) this.hear(Number(at.dataset.at));
    });
    document.addEventListener("selectionchange", () => this.select());
  }

  /** select chooses the words that are selected as text. They stay chosen when the selection is gone. */
  select() {
    const selection = getSelection();
    if (selection.isCollapsed || selection.rangeCount === 0) return;
    const range = selection.getRangeAt(0);
    if (!this.list.contains(range.commonAncestorContainer)) return;
    const own = document.createRange();
    const inside = [...this.list.querySelectorAll("[data-word]")].filter((word) => {
      own.selectNodeContents(word);
      return range.compareBoundaryPoints(Range.START_TO_END, own) > 0 && range.compareBoundaryPoints(Range.END_TO_START, own) < 0;
    });
    if (inside.length === 0) return;
    this.choose(inside.map((word) => Number(word.dataset.word)));
  }

  /** choose chooses words, or none, in the place of what was chosen before. */
  choose(words = []) {
    this.picked.clear();
    this.words = new Set(words);
    this.chosen();
  }

  clear() {
    this.rows.clear();
    this.told.clear();
    this.list.replaceChildren();
  }

  /** show makes the lines those of a board. */
  show(board) {
    const names = [...board.said.keys(), ...[...board.partials.keys()].filter((r) => !board.said.has(r))];
    this.card.hidden = names.length === 0;
    if (this.run !== board.run) {
      this.run = board.run;
      this.picked.clear();
      this.words.clear();
      this.clear();
      this.recogniser = "";
    }
    if (names.length === 0) return;
    if (!names.includes(this.recogniser)) this.recogniser = names[0];
    if (this.which.options.length !== names.length) {
      this.which.replaceChildren(...names.map((n) => new Option(n, n, false, n === this.recogniser)));
      this.which.hidden = names.length < 2;
    }
    const follow = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 40;
    this.fill(board, lines(board.said.get(this.recogniser) ?? []).slice(-shown));
    this.guess(board.partials.get(this.recogniser));
    if (follow) this.list.scrollTop = this.list.scrollHeight;
  }

  fill(board, all) {
    for (const id of this.picked) if (!board.ids.has(id)) this.picked.delete(id);
    const wanted = new Set(all.map((l) => l.words[0].id));
    for (const [id, row] of this.rows) {
      if (wanted.has(id)) continue;
      row.item.remove();
      this.rows.delete(id);
    }
    const now = performance.now();
    const moved = new Set(); // words that have another speaker than before
    for (const l of all) {
      for (const w of l.words) {
        if ((this.told.get(w.id) ?? w.speaker) !== w.speaker) moved.add(w.id);
        this.told.set(w.id, w.speaker);
      }
    }
    if (this.told.size > 20000) this.told.clear();
    all.forEach((l, i) => {
      const turns = board.turnsOf(l);
      const picked = turns.length > 0 && turns.every((t) => this.picked.has(t));
      const words = l.words.filter((w) => this.words.has(w.id)).map((w) => w.id);
      const key = [board.name(l.speaker), l.words.length, l.end, turns, picked, words, this.moment.key?.()].join();
      let row = this.rows.get(l.words[0].id);
      if (!row || row.key !== key || row.until < now || l.words.some((w) => moved.has(w.id))) {
        const item = this.line(l, turns, picked, moved);
        row?.item.replaceWith(item);
        row = { item, key, until: l.words.some((w) => moved.has(w.id)) ? now + marked : Infinity };
        this.rows.set(l.words[0].id, row);
      }
      if (this.list.children[i] !== row.item) this.list.insertBefore(row.item, this.list.children[i] ?? null);
    });
  }

  line(l, turns, picked, moved) {
    const text = element("span", { class: "text" });
    for (const w of l.words) {
      const classes = ["word", moved.has(w.id) && "moved", this.words.has(w.id) && "chosen"].filter(Boolean).join(" ");
      const attributes = { "data-at": w.start, "data-word": w.id, class: classes, title: clock(w.start) };
      text.append(element("span", attributes, w.text), " ");
    }
    const pick = element("input", { type: "checkbox", "aria-label": `Choose what was said at ${clock(l.start)}` });
    pick.checked = picked;
    pick.disabled = turns.length === 0;
    pick.title = turns.length === 0 ? "There is no ended turn here" : "Choose the turn of this line, to move it";
    pick.addEventListener("change", () => {
      this.words.clear();
      for (const t of turns) this.picked[pick.checked ? "add" : "delete"](t);
      this.chosen();
    });
    const swatch = element("i", { class: round(l.speaker) > 0 ? "swatch again" : "swatch" });
    const item = element("li", { class: picked ? "picked" : "" }, pick, this.moment(l.start), swatch, this.who(l.speaker), text);
    item.style.setProperty("--colour", colour(l.speaker));
    item.dataset.speaker = l.speaker;
    return item;
  }

  /** guess shows words that may still change. */
  guess(partial) {
    this.row ??= element("li", { class: "guess" });
    if (!partial) return this.row.remove();
    const text = `${clock(partial.start)} … ${partial.text}`;
    if (this.row.textContent !== text) this.row.textContent = text;
    if (this.list.lastElementChild !== this.row) this.list.append(this.row);
  }
}
