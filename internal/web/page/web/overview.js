// The whole stream, below the lanes.

import { colour } from "./text.js";

export class Overview {
  constructor(canvas) {
    this.canvas = canvas;
    this.ctx = canvas.getContext("2d");
    this.forget();
  }

  /** forget makes the next draw draw everything. */
  forget() {
    this.made = { version: -1, width: 0, image: null };
  }

  /**
   * draw draws the whole stream and a frame around the part that the lanes show. It draws the
   * turns again only if they have changed. It returns how much it covers, in seconds.
   */
  draw(lanes, board, now) {
    const w = this.canvas.clientWidth;
    const h = this.canvas.clientHeight;
    if (w === 0) return undefined;
    const whole = Math.max(lanes.span * 0.96, now);
    const made = this.made;
    if (made.version !== board.version || made.board !== board || made.width !== w || made.rows !== lanes.rows.length || Math.abs(made.whole - whole) > whole / w) {
      const ratio = Math.min(3, devicePixelRatio || 1);
      const image = made.image ?? document.createElement("canvas");
      image.width = Math.round(w * ratio);
      image.height = Math.round(h * ratio);
      const c = image.getContext("2d");
      c.scale(ratio, ratio);
      const lane = new Map(lanes.rows.map((s, i) => [s, i]));
      const height = (h - 8) / Math.max(1, lanes.rows.length);
      for (const t of board.turns) {
        const row = lane.get(t.speaker) ?? 0;
        c.fillStyle = colour(t.speaker);
        c.fillRect((t.start / whole) * w, 4 + row * height, Math.max(1, ((t.end - t.start) / whole) * w), Math.max(1, height - 1));
      }
      this.made = { version: board.version, board, width: w, rows: lanes.rows.length, whole, image };
    }
    const c = this.ctx;
    c.clearRect(0, 0, w, h);
    c.drawImage(this.made.image, 0, 0, w, h);
    const x = Math.max(0, (lanes.left() / whole) * w);
    const right = Math.min(w, (lanes.end / whole) * w);
    c.fillStyle = lanes.card;
    c.globalAlpha = 0.6;
    c.fillRect(0, 0, x, h);
    c.fillRect(right, 0, w - right, h);
    c.globalAlpha = 1;
    c.strokeStyle = lanes.accent;
    c.lineWidth = 2;
    c.beginPath();
    c.roundRect(x + 1, 1, Math.max(4, right - x - 2), h - 2, 4);
    c.stroke();
    return whole;
  }
}
