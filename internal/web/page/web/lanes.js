// The lanes: who spoke when, drawn on a canvas.

import { handle } from "./hands.js";
import { Overview } from "./overview.js";
import { clock, colour, round, ticks } from "./text.js";

const axis = 30; // height of the time axis, in CSS pixels
const flashFor = 2600; // how long a correction stays marked, in ms
const least = 5; // the shortest span that is shown, in seconds

export class Lanes {
  constructor({ canvas, overview, tip, onFollow }) {
    Object.assign(this, { canvas, onFollow });
    this.overview = new Overview(overview);
    this.ctx = canvas.getContext("2d");
    this.width = canvas.clientWidth; // at the last drawing, in CSS pixels
    this.end = 0; // the right edge, in seconds
    this.span = Math.max(25, Math.min(90, canvas.clientWidth / 13));
    this.whole = 60; // what the overview covers, in seconds
    this.follow = true;
    this.rows = []; // speakers by lane
    this.laneHeight = 64;
    this.flashes = new Map(); // turn id to when it was corrected
    this.ghosts = []; // turns as they were before they were withdrawn or given away
    this.stripes = new Map();
    this.frames = []; // durations of the latest drawings, in ms
    this.drawn = 0; // turns in the last drawing
    this.painted = 0; // how many of them took a stroke of their own
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.theme();
    handle(this, tip);
  }

  /** theme reads the colours of the style sheet. */
  theme() {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(name).trim();
    this.ink = read("--ink");
    this.soft = read("--soft");
    this.line = read("--line");
    this.card = read("--card");
    this.accent = read("--accent");
    this.edge = read("--edge");
    this.stripes.clear();
    this.overview.forget();
    this.font = `500 ${Math.round(parseFloat(style.fontSize) * 0.76)}px ${getComputedStyle(document.body).fontFamily}`;
  }

  resize() {
    for (const c of [this.canvas, this.overview.canvas]) {
      const ratio = Math.min(3, devicePixelRatio || 1);
      const w = Math.round(c.clientWidth * ratio);
      const h = Math.round(c.clientHeight * ratio);
      if (c.width !== w || c.height !== h) {
        c.width = w;
        c.height = h;
      }
      c.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
    }
  }

  /** mark shows that turns were corrected. */
  mark(changed) {
    const now = performance.now();
    for (const { was, now: t } of changed.slice(-500)) {
      if (t) this.flashes.set(t.id, now);
      if (was && (!t || t.speaker !== was.speaker)) this.ghosts.push({ turn: was, at: now });
    }
    if (this.ghosts.length > 500) this.ghosts = this.ghosts.slice(-500);
  }

  /** moving reports whether the next drawing differs even without news. */
  moving() {
    return this.flashes.size > 0 || this.ghosts.length > 0;
  }

  left() {
    return this.end - this.span;
  }

  x(t) {
    return ((t - this.left()) / this.span) * this.width;
  }

  timeAt(x) {
    return this.left() + (x / this.width) * this.span;
  }

  /** clamp keeps the view within the stream. */
  clamp(now) {
    this.now = now;
    this.span = Math.max(least, Math.min(this.span, Math.max(this.whole, now * 1.04 + 2)));
    const ahead = this.span * 0.04;
    if (this.follow) this.end = now + ahead;
    this.end = Math.max(this.span * 0.96, Math.min(this.end, now + ahead));
    if (this.end < this.span && this.follow) this.end = this.span;
  }

  zoom(factor, around = null) {
    const t = around ?? (this.follow ? this.now : this.end - this.span / 2);
    const part = (this.end - t) / this.span;
    this.span = Math.max(least, Math.min(this.span * factor, Math.max(this.whole, this.now * 1.04 + 2)));
    this.end = t + part * this.span;
    this.onFollow();
  }

  all() {
    this.span = Math.max(this.whole, this.now * 1.04 + 2);
    this.setFollow(true);
  }

  scroll(seconds) {
    this.end += seconds;
    this.setFollow(seconds > 0 && this.end >= this.now);
  }

  setFollow(on) {
    this.follow = on;
    this.onFollow();
  }

  goTo(t) {
    this.end = t + this.span / 2;
    this.setFollow(this.end >= this.now + this.span * 0.04);
  }

  draw(board, now) {
    const began = performance.now();
    this.board = board;
    this.clamp(now);
    this.resize();
    this.forget(began);
    const { ctx } = this;
    const w = (this.width = this.canvas.clientWidth);
    const h = this.canvas.clientHeight;
    ctx.clearRect(0, 0, w, h);
    this.drawGrid(w, h, now);
    this.drawGaps(board, w, h);
    this.drawMarks(board, h);
    const lane = new Map(this.rows.map((s, i) => [s, i]));
    for (const g of this.ghosts) this.drawGhost(g, lane, began);
    const turns = board.between(this.left(), this.end);
    this.drawn = turns.length;
    this.painted = 0;
    this.covered = []; // by lane: up to where it is painted
    this.narrow = []; // by lane: narrow turns, painted together in one colour
    for (const t of turns) this.drawTurn(t, lane.get(t.speaker) ?? lane.get(board.merged.get(t.speaker)), now, began);
    for (const boxes of this.narrow) {
      if (!boxes) continue;
      ctx.fillStyle = boxes[0].c;
      for (const b of boxes) ctx.fillRect(b.x, b.y, b.width, b.height);
    }
    this.drawNow(now, h);
    this.whole = this.overview.draw(this, board, now) ?? this.whole;
    this.frames.push(performance.now() - began);
    if (this.frames.length > 600) this.frames.splice(0, 300);
  }

  forget(at) {
    for (const [id, since] of this.flashes) if (at - since > flashFor) this.flashes.delete(id);
    this.ghosts = this.ghosts.filter((g) => at - g.at <= flashFor);
  }

  drawGrid(w, h, now) {
    const { ctx } = this;
    ctx.font = this.font;
    ctx.textBaseline = "middle";
    ctx.textAlign = "center";
    for (let i = 0; i <= this.rows.length; i++) {
      ctx.fillStyle = this.line;
      ctx.fillRect(0, axis + i * this.laneHeight - 0.5, w, 1);
    }
    const { times } = ticks(this.left(), this.end, Math.max(2, w / 90));
    for (const t of times) {
      const x = this.x(t);
      ctx.fillStyle = this.line;
      ctx.fillRect(x - 0.5, axis - 5, 1, h - axis + 5);
      ctx.fillStyle = t > now ? this.line : this.soft;
      if (x > 16 && x < w - 16) ctx.fillText(clock(t), x, axis / 2 - 1);
    }
    if (this.left() < 0) {
      ctx.globalAlpha = 0.5;
      ctx.fillStyle = this.line;
      ctx.fillRect(0, axis, this.x(0), h - axis);
      ctx.globalAlpha = 1;
    }
  }

  /** drawMarks draws a flag at each marked moment. */
  drawMarks(board, h) {
    const { ctx } = this;
    for (const m of board.marks) {
      if (m.at < this.left() || m.at > this.end) continue;
      const x = this.x(m.at);
      ctx.fillStyle = this.ink;
      ctx.fillRect(x - 0.75, 4, 1.5, h - 4);
      ctx.beginPath();
      ctx.moveTo(x, 4);
      ctx.lineTo(x + 11, 9);
      ctx.lineTo(x, 14);
      ctx.fill();
    }
  }

  drawGaps(board, w, h) {
    const { ctx } = this;
    for (let i = board.gaps.length - 1; i >= 0; i--) {
      const g = board.gaps[i];
      if (g.end < this.left()) break;
      if (g.start > this.end) continue;
      const x = this.x(g.start);
      const width = Math.max(2, this.x(g.end) - x);
      if (width < 6) { // no room for lines
        ctx.globalAlpha = 0.25;
        ctx.fillStyle = this.ink;
        ctx.fillRect(x, axis, width, h - axis);
        ctx.globalAlpha = 1;
        continue;
      }
      ctx.save();
      ctx.beginPath();
      ctx.rect(x, axis, width, h - axis);
      ctx.clip();
      ctx.globalAlpha = 0.1;
      ctx.fillStyle = this.ink;
      ctx.fillRect(x, axis, width, h - axis);
      ctx.globalAlpha = 0.35;
      ctx.strokeStyle = this.ink;
      ctx.lineWidth = 1;
      ctx.beginPath();
      for (let y = axis - width; y < h + width; y += 9) {
        ctx.moveTo(x, y + width);
        ctx.lineTo(x + width, y);
      }
      ctx.stroke();
      ctx.restore();
    }
  }

  /** box is the rectangle of a turn, in CSS pixels. */
  box(start, end, row) {
    const x = this.x(start);
    const height = Math.round(Math.min(40, this.laneHeight * 0.56));
    const y = axis + row * this.laneHeight + (this.laneHeight - height) / 2;
    return { x, y, width: Math.max(1.5, this.x(end) - x), height };
  }

  /** rowAt is the speaker whose lane is at a height. */
  rowAt(y) {
    return this.rows[Math.floor((y - axis) / this.laneHeight)];
  }

  outline(b) {
    this.ctx.beginPath();
    this.ctx.roundRect(b.x, b.y, b.width, b.height, Math.min(5, b.width / 2));
  }

  drawTurn(t, row, now, at) {
    if (row === undefined) return;
    const { ctx } = this;
    const c = colour(t.speaker);
    const provisional = t.state === "provisional";
    const b = this.box(t.start, t.end, row);
    const since = this.flashes.get(t.id);
    if (b.width < 4 && !t.open && since === undefined) { // no room for signs
      const left = Math.max(b.x, this.covered[row] ?? -Infinity);
      const right = Math.ceil(b.x + b.width);
      if (right <= left) return; // its pixels have this colour already
      this.painted++;
      (this.narrow[row] ??= []).push({ c, x: left, y: b.y, width: right - left, height: b.height });
      this.covered[row] = right;
      return;
    }
    this.painted++;
    if (t.open && now > t.end) { // sound that is heard and not decided yet
      const tail = this.box(t.end, now, row);
      ctx.globalAlpha = 0.22;
      ctx.fillStyle = c;
      ctx.fillRect(tail.x, tail.y, tail.width, tail.height);
      ctx.globalAlpha = 1;
    }
    this.outline(b);
    if (provisional) {
      ctx.globalAlpha = 0.3;
      ctx.fillStyle = c;
      ctx.fill();
      ctx.globalAlpha = 1;
      ctx.fillStyle = this.stripe(c, 7, 3, 1);
      ctx.fill();
      ctx.setLineDash([5, 3]);
      ctx.lineWidth = 1.5;
      ctx.strokeStyle = c;
      ctx.stroke();
      ctx.setLineDash([]);
    } else {
      ctx.fillStyle = c;
      ctx.fill();
      if (round(t.speaker) > 0 && b.width > 6) { // another speaker has the same colour
        ctx.fillStyle = this.stripe(this.card, 5 + 3 * round(t.speaker), 1.5, -1);
        ctx.fill();
      }
      ctx.lineWidth = 1;
      ctx.strokeStyle = this.edge;
      if (b.width > 4) ctx.stroke();
      if (t.state === "revised" && b.width > 9) {
        ctx.fillStyle = this.card;
        ctx.beginPath();
        ctx.moveTo(b.x - 1, b.y - 1);
        ctx.lineTo(b.x + 9.5, b.y - 1);
        ctx.lineTo(b.x - 1, b.y + 9.5);
        ctx.fill();
      }
    }
    if (since !== undefined) {
      const age = (at - since) / flashFor;
      const grow = this.still.matches ? 3 : 3 + 5 * Math.abs(Math.sin(age * Math.PI * 3)) * (1 - age);
      ctx.globalAlpha = this.still.matches ? 1 : 1 - age;
      ctx.lineWidth = 2;
      ctx.strokeStyle = this.ink;
      this.outline({ x: b.x - grow, y: b.y - grow, width: b.width + 2 * grow, height: b.height + 2 * grow });
      ctx.stroke();
      ctx.globalAlpha = 1;
    }
  }

  drawGhost({ turn, at }, lane, now) {
    const row = lane.get(turn.speaker);
    if (row === undefined || turn.end < this.left() || turn.start > this.end) return;
    const { ctx } = this;
    ctx.globalAlpha = Math.max(0, 1 - (now - at) / flashFor) * 0.7;
    ctx.setLineDash([2, 3]);
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = colour(turn.speaker);
    this.outline(this.box(turn.start, turn.end, row));
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
  }

  drawNow(now, h) {
    const { ctx } = this;
    const x = this.x(now);
    ctx.fillStyle = this.accent;
    ctx.fillRect(x - 1, axis - 6, 2, h - axis + 6);
    ctx.beginPath();
    ctx.arc(x, axis - 7, 4, 0, 2 * Math.PI);
    ctx.fill();
  }

  /** stripe is a pattern of diagonal lines. */
  stripe(colour, gap, width, slope) {
    const key = colour + gap + slope;
    if (!this.stripes.has(key)) {
      const ratio = Math.min(3, devicePixelRatio || 1);
      const tile = document.createElement("canvas");
      const size = Math.round(gap * ratio);
      tile.width = tile.height = size;
      const t = tile.getContext("2d");
      t.strokeStyle = colour;
      t.lineWidth = width * ratio * 0.75;
      t.beginPath();
      for (const d of [-size, 0, size]) {
        t.moveTo(d - 1, slope > 0 ? size + 1 : -1);
        t.lineTo(d + size + 1, slope > 0 ? -1 : size + 1);
      }
      t.stroke();
      const p = this.ctx.createPattern(tile, "repeat");
      p.setTransform(new DOMMatrix().scale(1 / ratio));
      this.stripes.set(key, p);
    }
    return this.stripes.get(key);
  }
}
