// Words and numbers: how the page writes times, lengths and names.

/** clock writes seconds as mm:ss, from an hour on as h:mm:ss. */
export function clock(seconds) {
  if (!Number.isFinite(seconds)) return "--:--";
  const s = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const h = Math.floor(s / 3600);
  return (h > 0 ? h + ":" : "") + two(Math.floor(s / 60) % 60) + ":" + two(s % 60);
}

/** length writes a duration in seconds for people. */
export function length(seconds) {
  if (seconds < 9.95) return seconds.toFixed(1) + " s";
  if (seconds < 99.5) return Math.round(seconds) + " s";
  return clock(seconds);
}

/** percent writes a share from 0 to 1. */
export function percent(part) {
  return Math.round(part * 100) + "\u202f%";
}

/** count writes a number of things. */
export function count(n, one, many = one + "s") {
  return n + "\u00a0" + (n === 1 ? one : many);
}

/** ticks returns the round times between two, at most so many, and their step. */
export function ticks(start, end, most) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];
  const step = steps.find((s) => (end - start) / s <= most) ?? 86400 * Math.ceil((end - start) / 86400 / most);
  const times = [];
  for (let i = Math.max(0, Math.ceil(start / step)); i * step <= end; i++) times.push(i * step);
  return { times, step };
}

/** element makes an element with text and attributes; text stays text. */
export function element(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.append(...children);
  return e;
}

// The palette of package palette: Okabe and Ito, without black.
export const palette = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442"];
export const grey = "#8a8a8a";

/** number is the number of a speaker, 0 for unknown. */
export function number(speaker) {
  return speaker === "unknown" ? 0 : Number(speaker.slice(1));
}

/** colour is the colour of a speaker. After seven speakers the colours repeat, with stripes. */
export function colour(speaker) {
  const n = number(speaker);
  return n < 1 ? grey : palette[(n - 1) % palette.length];
}

/** round is how often the colours were used up before this speaker. */
export function round(speaker) {
  return Math.floor((Math.max(1, number(speaker)) - 1) / palette.length);
}
