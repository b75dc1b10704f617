// The speakers: a row for each beside its lane. A click asks for a name; dragging a row onto
// another merges two speakers.

import { clock, colour, count, element, percent, round } from "./text.js";

const far = 6; // CSS pixels: a press that moves less is a click

export class People {
  constructor({ list, dialog, correct, refuse, hear }) {
    Object.assign(this, { list, dialog, correct, refuse });
    this.hear = dialog.querySelector("#who-hear");
    this.hear.addEventListener("click", () => hear(this.asked, this.about));
    this.rows = new Map(); // speaker to elements
    this.shares = [];
    this.about = this.shown = { stream: "", run: "" }; // the run that the dialog is about, and the run of shares
    this.form = dialog.querySelector("form");
    this.title = dialog.querySelector("#who-title");
    this.note = dialog.querySelector("#who-note");
    this.input = dialog.querySelector("#who-name");
    this.into = dialog.querySelector("#who-into");
    this.mergeButton = dialog.querySelector("#who-merge");
    this.mergeRow = dialog.querySelector("#who-merge-row");
    this.split = dialog.querySelector("#who-split");
    this.split.addEventListener("click", () => {
      dialog.close();
      this.correct({ action: "split", speaker: this.asked }, this.about);
    });
    this.save = dialog.querySelector("#who-save");
    this.form.addEventListener("submit", () => this.rename());
    dialog.querySelector("#who-cancel").addEventListener("click", () => dialog.close());
    this.into.addEventListener("change", () => (this.mergeButton.disabled = this.into.value === ""));
    this.mergeButton.addEventListener("click", () => {
      const [speaker, into] = [this.asked, this.into.value];
      dialog.close();
      this.correct({ action: "merge", speaker, into }, this.about);
    });
  }

  /** show makes the rows those of shares, in a run. */
  show(shares, run) {
    this.shares = shares;
    this.shown = run;
    const wanted = new Set(shares.map((s) => s.speaker));
    for (const [speaker, row] of this.rows) {
      if (wanted.has(speaker)) continue;
      row.item.remove();
      this.rows.delete(speaker);
    }
    shares.forEach((s, i) => {
      let row = this.rows.get(s.speaker);
      if (!row) {
        row = this.make(s.speaker);
        this.rows.set(s.speaker, row);
      }
      if (this.list.children[i] !== row.item) this.list.insertBefore(row.item, this.list.children[i] ?? null);
      set(row.name, s.name);
      set(row.own, s.name === s.speaker || s.speaker === "unknown" ? "" : s.speaker);
      set(row.numbers, `${percent(s.share)} · ${clock(s.talk)}`);
      set(row.turns, count(s.turns, "turn"));
      row.bar.style.width = (s.share * 100).toFixed(1) + "%";
      row.item.classList.toggle("speaking", s.speaking);
      const label = `${s.name}${s.speaking ? ", speaking now" : ""}: ${percent(s.share)} of the talk time, ${count(s.turns, "turn")}.`;
      if (row.button.getAttribute("aria-label") !== label) row.button.setAttribute("aria-label", label);
    });
  }

  make(speaker) {
    const name = element("span", { class: "name" });
    const own = element("span", { class: "own" });
    const numbers = element("span", { class: "numbers" });
    const turns = element("span", { class: "turns-of" });
    const bar = element("b");
    const swatch = element("i", { class: round(speaker) > 0 ? "swatch again" : "swatch" });
    const beat = element("span", { class: "beat", "aria-hidden": "true" }, element("i"), element("i"), element("i"));
    const button = element("button", { type: "button", "aria-haspopup": "dialog" },
      element("span", { class: "line" }, swatch, name, own, beat),
      element("span", { class: "line small" }, numbers, turns),
      element("span", { class: "share" }, bar));
    const item = element("li", { class: "person" }, button);
    item.style.setProperty("--colour", colour(speaker));
    item.dataset.speaker = speaker;
    if (speaker === "unknown") {
      button.disabled = true;
    } else {
      const grip = element("span", { class: "grip", "aria-hidden": "true", title: "Drag onto the speaker who is the same person" }, "⠿");
      item.append(grip);
      button.addEventListener("click", () => this.ask(speaker));
      this.dragging(item, grip, speaker);
    }
    return { item, button, name, own, numbers, turns, bar };
  }

  /** dragging lets a row be dragged: anywhere with a mouse, at its grip by touch. */
  dragging(item, grip, speaker) {
    let start = null;
    let ghost = null;
    let over = null;
    const end = () => {
      ghost?.remove();
      over?.classList.remove("target");
      item.classList.remove("dragged");
      start = ghost = over = null;
    };
    item.addEventListener("pointerdown", (e) => {
      if (e.button !== 0 || (e.pointerType !== "mouse" && !grip.contains(e.target))) return;
      start = { x: e.clientX, y: e.clientY, id: e.pointerId, about: this.shown };
    });
    item.addEventListener("pointermove", (e) => {
      if (!start || e.pointerId !== start.id) return;
      if (!ghost) {
        if (Math.hypot(e.clientX - start.x, e.clientY - start.y) < far) return;
        item.setPointerCapture(e.pointerId);
        item.classList.add("dragged");
        ghost = element("div", { class: "ghost" });
        ghost.style.setProperty("--colour", colour(speaker));
        document.body.append(ghost);
      }
      ghost.style.transform = `translate(${e.clientX + 14}px, ${e.clientY + 10}px)`;
      over?.classList.remove("target");
      over = this.rowAt(e.clientX, e.clientY, speaker);
      over?.classList.add("target");
      const me = this.nameOf(speaker);
      set(ghost, over ? `${me} is ${this.nameOf(over.dataset.speaker)}` : `${me} is the same as …`);
    });
    item.addEventListener("pointerup", (e) => {
      if (!start || e.pointerId !== start.id) return;
      const [into, about] = [over?.dataset.speaker, start.about];
      if (ghost) item.addEventListener("click", (c) => c.stopPropagation(), { capture: true, once: true });
      setTimeout(() => item.dispatchEvent(new Event("click")), 0); // removes the listener above if no click came
      end();
      if (into) this.correct({ action: "merge", speaker, into }, about);
    });
    item.addEventListener("pointercancel", end);
    item.addEventListener("lostpointercapture", () => ghost && end());
  }

  rowAt(x, y, not) {
    const row = document.elementsFromPoint(x, y).map((e) => e.closest(".person")).find(Boolean);
    return row && row.dataset.speaker !== not && row.dataset.speaker !== "unknown" ? row : null;
  }

  nameOf(speaker) {
    return this.shares.find((s) => s.speaker === speaker)?.name ?? speaker;
  }

  /** ask opens the dialog about a speaker of a run. */
  ask(speaker, about = this.shown) {
    const name = this.nameOf(speaker);
    const no = this.refuse(about);
    [this.asked, this.about] = [speaker, about];
    this.title.textContent = `Who is ${name}?`;
    this.note.textContent = no || "Everybody who watches will see it.";
    this.input.value = name === speaker ? "" : name;
    this.input.placeholder = speaker;
    const others = this.shares.filter((s) => s.speaker !== speaker && s.speaker !== "unknown");
    this.into.replaceChildren(new Option("nobody else", ""), ...others.map((s) => new Option(s.name, s.speaker)));
    this.mergeRow.hidden = others.length === 0;
    this.mergeButton.disabled = true;
    for (const control of [this.input, this.into, this.split, this.save]) control.disabled = Boolean(no);
    this.dialog.showModal();
    if (!no) this.input.select();
  }

  rename() {
    if (this.refuse(this.about)) return;
    this.correct({ action: "rename", speaker: this.asked, name: this.input.value.trim() }, this.about);
  }
}

/** set changes a text only if it differs: a change makes the browser lay the page out again. */
function set(e, text) {
  if (e.textContent !== text) e.textContent = text;
}
