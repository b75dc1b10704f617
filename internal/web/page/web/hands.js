// Mouse, touch and keyboard on the lanes.

import { clock, length, percent } from "./text.js";

/** handle makes the lanes scroll, zoom and explain themselves, by pointer and keyboard. */
export function handle(lanes, tip) {
  const { canvas } = lanes;
  const overview = lanes.overview.canvas;
  const points = new Map();
  canvas.addEventListener("pointerdown", (e) => {
    if (e.button !== 0) return;
    canvas.setPointerCapture(e.pointerId);
    points.set(e.pointerId, e.clientX);
  });
  canvas.addEventListener("pointermove", (e) => {
    if (!points.has(e.pointerId)) return point(lanes, tip, e);
    const before = [...points.values()];
    const dx = e.clientX - points.get(e.pointerId);
    points.set(e.pointerId, e.clientX);
    if (points.size === 1 && dx !== 0) {
      lanes.scroll((-dx / canvas.clientWidth) * lanes.span);
    } else if (points.size === 2) {
      const after = [...points.values()];
      const apart = (p) => Math.max(20, Math.abs(p[0] - p[1]));
      const middle = (after[0] + after[1]) / 2 - canvas.getBoundingClientRect().left;
      lanes.zoom(apart(before) / apart(after), lanes.timeAt(middle));
    }
  });
  const release = (e) => points.delete(e.pointerId);
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => (tip.hidden = true));
  canvas.addEventListener("wheel", (e) => {
    const x = e.clientX - canvas.getBoundingClientRect().left;
    if (e.ctrlKey || e.metaKey) {
      e.preventDefault();
      lanes.zoom(Math.exp(e.deltaY / 300), lanes.timeAt(x));
    } else if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) {
      e.preventDefault();
      lanes.scroll(((e.deltaX || e.deltaY) / canvas.clientWidth) * lanes.span);
    }
  }, { passive: false });
  canvas.addEventListener("keydown", (e) => {
    const step = lanes.span / 6;
    const keys = { ArrowLeft: () => lanes.scroll(-step), ArrowRight: () => lanes.scroll(step),
      PageUp: () => lanes.scroll(-lanes.span), PageDown: () => lanes.scroll(lanes.span) };
    if (!keys[e.key] || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    keys[e.key]();
  });
  const jump = (e) => {
    if (e.buttons !== 1) return;
    const box = overview.getBoundingClientRect();
    lanes.goTo(((e.clientX - box.left) / box.width) * lanes.whole);
  };
  overview.addEventListener("pointerdown", (e) => {
    overview.setPointerCapture(e.pointerId);
    jump(e);
  });
  overview.addEventListener("pointermove", jump);
}

/** point shows what is under the pointer. */
function point(lanes, tip, e) {
  const box = lanes.canvas.getBoundingClientRect();
  const x = e.clientX - box.left;
  const y = e.clientY - box.top;
  const speaker = lanes.rowAt(y);
  const t = lanes.timeAt(x);
  const turn = lanes.board?.between(t, t + 1e-6).find((u) => u.speaker === speaker);
  tip.hidden = !turn;
  if (!turn) return;
  const sure = turn.confidence > 0 ? `, ${percent(turn.confidence)} sure` : "";
  const state = { provisional: "provisional", final: "final", revised: "corrected since" }[turn.state];
  tip.textContent = `${lanes.board.name(turn.speaker)}\n${clock(turn.start)} – ${clock(turn.end)}, ${length(turn.end - turn.start)}\n${state}${sure}`;
  tip.style.left = Math.max(4, Math.min(x + 12, box.width - tip.offsetWidth - 4)) + "px";
  tip.style.top = y + 16 + "px";
}
