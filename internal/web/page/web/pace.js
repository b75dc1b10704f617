// The time of the stream goes on between two messages, at the rate of the latest messages.

export class Pace {
  constructor() {
    this.begin(0);
  }

  /** begin starts again at a time of the stream, in seconds. */
  begin(time) {
    Object.assign(this, { time, at: performance.now(), rate: 0, shown: time });
  }

  /** tick keeps how far the stream has been heard, in seconds. */
  tick(time) {
    const at = performance.now();
    if (time < this.time) return;
    if (at - this.at > 40) {
      const rate = (time - this.time) / ((at - this.at) / 1000);
      this.rate = this.rate === 0 ? Math.min(rate, 1.5) : this.rate + 0.3 * (rate - this.rate);
      this.time = time;
      this.at = at;
    }
    this.time = Math.max(this.time, time);
  }

  /** now is the estimated time of the stream at this moment. */
  now(board) {
    if (board.end) return (this.shown = board.time);
    const ahead = Math.min((performance.now() - this.at) / 1000, 1.2) * Math.max(0, this.rate);
    this.shown = Math.max(this.shown, board.time, this.time + ahead);
    return this.shown;
  }
}
