// The page: one connection to the server, its messages, and where they are shown.

import { Lanes } from "./lanes.js";
import { Link } from "./link.js";
import { Pace } from "./pace.js";
import { People } from "./people.js";
import { offer } from "./recording.js";
import { offerVoices } from "./remember.js";
import { showVoices } from "./voices.js";
import { Said } from "./said.js";
import { Board } from "./state.js";
import { clock, colour, count, element, length, percent } from "./text.js";

const $ = (id) => document.getElementById(id);

let board = new Board();
let streams = [];
let [wanted, run = ""] = decodeURIComponent(location.hash.slice(1)).split("/"); // the chosen stream, or empty, and an earlier run of that stream
let dirty = true; // something has to be drawn
let rowsDirty = true; // so do the rows and lists
let spoken = { text: "", at: 0 };
const log = [];

const pace = new Pace();
const lanes = new Lanes({
  canvas: $("lanes"), overview: $("overview"), tip: $("tip"),
  onFollow: () => {
    dirty = true;
    $("live").setAttribute("aria-pressed", String(lanes.follow));
  },
});

/** here is the run that is shown now. A dialog keeps it: when its answer comes, another run may be shown. */
const here = () => ({ stream: board.stream, run: board.run });

const people = new People({ list: $("people"), dialog: $("who"), correct, refuse, hear });

const said = new Said({
  card: $("said-card"), list: $("said"), which: $("recogniser"), who: (speaker) => named(board.name(speaker), speaker),
  moment: Object.assign((at) => moment(at), { key: () => audible() }),
  hear: (at) => {
    if (audible()) play(at);
    lanes.goTo(at);
  },
  chosen: () => (rowsDirty = true),
});

const connection = new Link({
  query: () => {
    const query = new URLSearchParams();
    if (wanted || board.stream) query.set("stream", wanted || board.stream);
    if (run) query.set("run", run);
    if (board.run && (!wanted || wanted === board.stream)) query.set("after", `${board.run}:${board.seq}`);
    return query;
  },
  on: { streams: listStreams, board: newBoard, event: applyEvent, change: logChange, meter, partial: guess, ping: () => {} },
  show: link,
});

const linkTexts = { connecting: "connecting", live: "connected", lost: "connection lost, trying again", refused: "not allowed: open the address with its token", ended: "ended" };

function link(state) {
  if (state === "live" && board.end) state = "ended";
  if ($("link").dataset.state === state) return;
  $("link").dataset.state = state;
  $("link-text").textContent = linkTexts[state];
}

function listStreams(list) {
  streams = list;
  const select = $("stream");
  const began = (s) => new Date(s.began).toLocaleString([], { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const text = (s) => (s.earlier ? `${s.name}, ${began(s)}` : s.name + (s.end ? " (ended)" : ""));
  select.replaceChildren(...list.map((s) => new Option(text(s), s.earlier ? `${s.stream}/${s.run}` : s.stream)));
  if (run && !list.some((s) => s.stream === wanted && s.run === run)) return choose(wanted); // the run is gone
  select.value = shown();
  select.disabled = list.length === 0;
  if (list.length === 0) select.append(new Option("no stream yet", ""));
  // No stream was chosen and this one is over: show a running one.
  const latest = list.find((s) => s.stream === board.stream && !s.earlier);
  if (!wanted && latest?.end && list[0] && !list[0].end) choose(list[0].stream, false);
}

/** shown is the value in the list of streams of the run that is shown. */
function shown() {
  const stream = wanted || board.stream;
  return streams.some((s) => s.earlier && s.stream === stream && s.run === run) ? `${stream}/${run}` : stream;
}

/** choose shows a stream, or with "stream/run" an earlier run of it. */
function choose(value, by = true) {
  const [stream, earlier = ""] = value.split("/");
  run = earlier;
  if (by) {
    wanted = stream;
    history.replaceState(null, "", "#" + encodeURIComponent(value));
  }
  board = new Board();
  board.stream = stream;
  connection.connect();
}

function newBoard(s) {
  if (!s) return;
  if (board.run !== s.run) {
    log.length = 0;
    lanes.flashes.clear();
    lanes.ghosts = [];
    lanes.follow = true;
    pace.begin(s.time);
    meter(null);
    decided.mean = undefined;
    $("latency").textContent = "–";
  }
  for (const c of s.changes) if (log.length === 0 || c.seq > log[0].seq) log.unshift(c);
  log.length = Math.min(log.length, 100);
  const version = board.version + 1;
  board = new Board(s);
  board.version = version;
  pace.tick(s.time);
  $("stream").value = shown();
  askSounds();
  link("live");
  dirty = rowsDirty = true;
}

/** applyEvent applies an event and shows what it changes. */
function applyEvent(e) {
  const changed = board.apply(e);
  if (changed === null) return;
  lanes.mark(changed);
  pace.tick(e.time);
  if (e.kind === "turn-started" || e.kind === "turn-updated") decided(e);
  if (e.kind === "stream-ended") {
    setTimeout(askSounds, 1500); // by then the recording of a microphone is complete
    link("live");
    meter(null);
  }
  dirty = rowsDirty = true;
}

/** guess shows words that may still change. */
function guess(g) {
  if (g.stream !== board.stream) return;
  board.guess(g);
  dirty = rowsDirty = true;
}

/** logChange adds a line about a change that is not simply a turn, once. */
function logChange(c) {
  if (log.length > 0 && c.seq <= log[0].seq) return;
  log.unshift(c);
  log.length = Math.min(log.length, 100);
  if (c.aloud) say(c.text);
  rowsDirty = true;
}

/**
 * decided shows the latency: how long after a sound its speaker was known. That is the sound that
 * had to be heard first, and the time that the decision took.
 */
function decided(e) {
  const seconds = Math.max(0, e.time - e.turn.end) + (decided.lag ?? 0);
  decided.mean = decided.mean === undefined ? seconds : decided.mean + 0.2 * (seconds - decided.mean);
  $("latency").textContent = decided.mean < 1 ? `${Math.round(decided.mean * 100) * 10} ms` : length(decided.mean);
}

function meter(m) {
  if (board.end) m = null; // the last reading does not outlive the stream
  decided.lag = m?.lag;
  const scale = (db) => Math.max(0, Math.min(1, (db + 60) / 60));
  if (m) {
    pace.tick(m.time);
    dirty = true;
  }
  const level = m ? m.level : -100;
  $("level-bar").style.transform = `scaleX(${scale(level).toFixed(3)})`;
  $("level-peak").style.left = `${(scale(m ? m.peak : -100) * 100).toFixed(1)}%`;
  $("level").classList.toggle("hot", Boolean(m) && m.peak > -1);
  $("level-text").textContent = m ? (level <= -100 ? "silence" : `${Math.round(level)} dB`) : "–";
  $("level").setAttribute("aria-valuenow", String(Math.round(Math.max(-60, level))));
  $("level").setAttribute("aria-valuetext", m ? `${Math.round(level)} decibels` : "no reading");
}

/** say is for screen readers. */
function say(text) {
  $("say").textContent = text;
}

function toast(text, bad = false) {
  const t = $("toast");
  t.textContent = text;
  t.classList.toggle("bad", bad);
  t.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => (t.hidden = true), 6000);
}

/** refuse is the reason why nothing can be corrected in a run, or nothing. */
function refuse({ run } = here()) {
  if (streams.some((s) => s.earlier && s.run === run)) return "This is an earlier run: only the latest one can be corrected.";
  return run ? "" : "There is no stream yet.";
}

/** correct sends a correction of a run, which may no longer be shown. Its result arrives as events. */
async function correct(c, about = here()) {
  const no = refuse(about);
  if (no) return toast(no, true);
  const { stream, run } = about;
  const random = crypto.getRandomValues(new Uint8Array(12));
  const body = JSON.stringify({ ...c, run, id: Array.from(random, (b) => b.toString(16).padStart(2, "0")).join("") });
  for (let attempt = 0; ; attempt++) {
    try {
      const answer = await fetch(`correct?stream=${encodeURIComponent(stream)}`, {
        method: "POST", headers: { "Content-Type": "application/json" }, body });
      const reply = await answer.json().catch(() => ({ error: `the server answered ${answer.status}` }));
      if (reply.error) return toast(reply.error, true);
      if (c.action === "rename") askVoice?.(c.speaker, c.name, about);
      return toast({ rename: "Renamed.", merge: "Merged. Undo takes it back.", undo: "Taken back.", mark: "Marked.",
        give: "Moved. Undo takes it back.", split: "Split. Undo takes it back." }[c.action]);
    } catch {
      if (attempt === 2) return toast("The server does not answer: nothing was changed, try again.", true);
      await new Promise((resolve) => setTimeout(resolve, 1000)); // with the same id, so that it is made once
    }
  }
}

/** askMark asks for the note of a mark, which marks the moment of this call. */
function askMark() {
  const no = refuse();
  if (no) return toast(no, true);
  askMark.about = here();
  askMark.at = Math.round(pace.now(board) * 1000) / 1000;
  $("note-at").textContent = [clock(askMark.at), wall(askMark.at)].filter(Boolean).join(" · ");
  $("note-text").value = "";
  $("note").showModal();
}

function showNow(at) {
  const open = board.speaking();
  const names = [...new Set(open.map((t) => t.speaker))];
  const key = board.run + names.map((s) => s + board.name(s)).join() + open.map((t) => t.state).join() + Boolean(board.end);
  if (showNow.key !== key) {
    showNow.key = key;
    $("now").replaceChildren(...(names.length === 0 ? [element("span", { class: "nobody" }, board.end ? "The stream is over" : "nobody")] : names.map((speaker) => {
      const e = element("span", { class: "speaker" }, element("i", { class: "swatch" }), named(board.name(speaker), speaker, {}));
      e.style.setProperty("--colour", colour(speaker));
      return e;
    })));
  }
  let detail = "";
  if (open.length > 0) {
    const since = Math.min(...open.map((t) => t.start));
    detail = `for ${length(Math.max(0, at - since))} · ${open.some((t) => t.state === "provisional") ? "provisional" : "decided"}`;
  } else if (board.end) {
    detail = board.end.detail || { finished: "finished", interrupted: "stopped", failed: "failed" }[board.end.reason] + ` at ${clock(board.time)}`;
  } else if (board.turns.length > 0) {
    const last = board.turns.reduce((a, b) => (b.end > a.end ? b : a));
    detail = `last: ${board.name(last.speaker)}, ${length(Math.max(0, at - last.end))} ago`;
  } else {
    detail = board.run ? "listening" : "Waiting for a stream.";
  }
  if ($("now-detail").textContent !== detail) $("now-detail").textContent = detail;
  const text = names.map((s) => board.name(s)).join(" and ");
  if (text && text !== spoken.text && performance.now() - spoken.at > 4000) {
    spoken = { text, at: performance.now() };
    say(`${text} ${names.length > 1 ? "speak" : "speaks"}`);
  }
}

function showRows() {
  const shares = board.shares();
  lanes.rows = shares.map((s) => s.speaker);
  people.show(shares, here());
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const lane = Math.max(3.25, Math.min(5.5, (innerHeight * 0.34) / Math.max(4, shares.length) / rem));
  $("grid").style.setProperty("--lane", `${lane.toFixed(2)}rem`);
  const row = $("people").firstElementChild;
  if (row) lanes.laneHeight = row.getBoundingClientRect().height;
  $("stage").style.height = `${30 + Math.max(2, shares.length) * lanes.laneHeight}px`;
  $("empty").hidden = shares.length > 0;
  $("speakers").textContent = String(shares.filter((s) => s.speaker !== "unknown").length);
  $("turn-count").textContent = String(shares.reduce((n, s) => n + s.turns, 0));
  const lost = board.gaps.reduce((n, g) => n + g.end - g.start, 0);
  $("gaps").textContent = lost > 0 ? `${length(lost)} in ${count(board.gaps.length, "gap")}` : "none";
  $("gaps").classList.toggle("warn", lost > 0);
  fill($("turns"), () => board.turns.slice(-60).reverse().map((t) => line(t.start, board.name(t.speaker), t.speaker,
    length(t.end - t.start), { provisional: "provisional", revised: "corrected", final: t.confidence > 0 ? element("span", { class: "figure" }, percent(t.confidence)) : "" }[t.state])));
  if (!pressed) said.show(board);
  showMove(shares);
  const told = figures() ? log : log.filter((c) => !c.detail);
  fill($("log"), () => (told.length > 0 ? told.map((c) => line(c.time, c.text, c.speaker)) : [element("li", { class: "nobody" }, "Nothing so far: names, merges, corrected turns and lost sound appear here.")]));
  const named = board.source?.name ?? board.stream;
  document.title = named ? `${named} – diarizer` : "diarizer";
  const summary = shares.map((s) => `${s.name} ${percent(s.share)}`).join(", ");
  $("lanes").setAttribute("aria-label", `Timeline of ${count(shares.length, "speaker")}: ${summary}. Arrow keys scroll, plus and minus zoom.`);
  $("undo").disabled = $("mark").disabled = Boolean(refuse());
  $("who-split-row").hidden = Boolean(board.end); // voices can be told apart only while the stream goes on
  $("save").hidden = board.turns.length === 0;
  for (const a of $("save").querySelectorAll("a")) a.href = `download?stream=${encodeURIComponent(board.stream)}${run ? `&run=${run}` : ""}&format=${a.dataset.format ?? `${a.dataset.said}&words=${encodeURIComponent(said.recogniser)}`}`;
  $("save-said").hidden = !board.said.get(said.recogniser)?.length;
}

/** showMove offers to move the chosen lines, if there are any. */
function showMove(shares) {
  const words = said.words.size > 0;
  $("move").hidden = !words && said.picked.size === 0;
  if ($("move").hidden) return;
  $("move-count").textContent = words ? count(said.words.size, "word") : count(said.picked.size, "turn");
  const to = $("move-to");
  const options = [["", "…"], ...shares.filter((s) => s.speaker !== "unknown").map((s) => [s.speaker, s.name]), ["new", "somebody new"]];
  const key = options.join();
  if (to.dataset.key !== key) {
    const was = to.value;
    to.dataset.key = key;
    to.replaceChildren(...options.map(([value, text]) => new Option(text, value, false, value === was)));
  }
  $("move-go").disabled = to.value === "" || Boolean(refuse());
}

/** move gives the chosen words, or the turns of the chosen lines, to another speaker. */
function move() {
  const into = $("move-to").value;
  const what = said.words.size > 0 ? board.partOf(said.recogniser, said.words) : { turns: [...said.picked].sort((a, b) => a - b) };
  if (what.turns.length === 0) toast("There is no turn of a speaker there, or it has not ended yet.", true);
  else correct({ action: "give", ...what, ...(into === "new" ? {} : { into }) }, { ...here(), run: said.run });
  said.choose();
  getSelection().removeAllRanges();
  $("move-to").value = "";
  rowsDirty = true;
}

let pressed = false; // whether the mouse or a finger is down

/**
 * fill replaces the lines of a list, unless somebody is about to choose a line: by keyboard, or
 * between press and release.
 */
function fill(list, lines) {
  if (pressed || list.querySelector(":focus-visible")) return;
  list.replaceChildren(...lines());
}

const heard = new Set(); // streams with a recording to play

/** audible reports whether there is a recording of the run that is shown. */
const audible = () => heard.has(board.stream) && !run;

/** askSounds asks which streams have a recording. */
async function askSounds() {
  try {
    const list = await (await fetch("sounds")).json();
    heard.clear();
    for (const stream of list) heard.add(stream);
  } catch {
    heard.clear(); // the next board asks again
  }
  $("who-hear").hidden = !audible();
  $("player").hidden = !audible();
  rowsDirty = true;
}

/** play plays the recording from a moment on, to its end or until another moment. */
function play(from, until = Infinity) {
  const player = $("player");
  const src = `sound?stream=${encodeURIComponent(board.stream)}`;
  if (player.getAttribute("src") !== src) player.src = src;
  play.until = until;
  play.own = true;
  player.currentTime = from;
  player.play().catch((e) => e.name !== "AbortError" && toast("This browser cannot play the recording.", true));
}

/** hear plays the longest turn of a speaker of a run. */
function hear(speaker, about) {
  if (about.run !== board.run) return toast("Another run is shown now, whose speakers are others.", true);
  const own = board.turns.filter((t) => t.speaker === speaker && !t.open);
  if (own.length === 0) return;
  const t = own.reduce((a, b) => (b.end - b.start > a.end - a.start ? b : a));
  play(t.start, t.end);
}

/** named is the name of a speaker, or a text about them. A click on it asks for another name. */
function named(text, speaker, attributes = { class: "what" }) {
  if (speaker === "unknown") return element("span", attributes, text);
  const b = element("button", { ...attributes, class: `${attributes.class ?? ""} asks`, type: "button", title: `Click to say who ${board.name(speaker)} is` }, text);
  const about = here();
  b.addEventListener("click", () => people.ask(speaker, about));
  return b;
}

/** wall is the time of day at a moment of the stream, or nothing. */
function wall(seconds) {
  const origin = Date.parse(board.source?.origin ?? "");
  return Number.isFinite(origin) ? new Date(origin + seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" }) : "";
}

/** figures reports whether figures for engineers are shown. */
function figures() {
  return document.body.classList.contains("figures");
}

function showFigures(on) {
  document.body.classList.toggle("figures", on);
  $("figures").setAttribute("aria-pressed", String(on));
  dirty = rowsDirty = true;
}

/** moment is a time in a list. A click on it plays the recording from there. */
function moment(at) {
  if (!audible()) return element("span", { class: "at digits", title: wall(at) }, clock(at));
  const b = element("button", { type: "button", class: "at digits asks", title: [wall(at), "Click to hear it"].filter(Boolean).join(" · ") }, clock(at));
  b.addEventListener("click", () => play(at));
  return b;
}

function line(at, text, speaker, ...rest) {
  const e = element("li", {}, moment(at), element("i", { class: "swatch" }), named(text, speaker),
    ...rest.filter(Boolean).map((r) => element("span", { class: "more digits" }, r)));
  e.style.setProperty("--colour", colour(speaker));
  return e;
}

let rowsAt = 0;
let nowShown = -1;

/** frame draws what has changed, once per frame of the screen. */
function frame(at) {
  requestAnimationFrame(frame);
  const t = pace.now(board);
  if (rowsDirty && at - rowsAt > 200) {
    rowsDirty = false;
    rowsAt = at;
    showRows();
    dirty = true;
  }
  if (!dirty && t === nowShown && !lanes.moving()) return;
  dirty = false;
  nowShown = t;
  lanes.draw(board, t);
  const text = clock(t);
  if ($("time").textContent !== text) {
    $("time").textContent = text;
    $("wall").textContent = wall(t);
  }
  showNow(t);
}

function keys(e) {
  if (e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]") || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) return;
  const actions = {
    "+": () => lanes.zoom(0.7), "=": () => lanes.zoom(0.7), "-": () => lanes.zoom(1 / 0.7), "0": () => lanes.all(),
    Home: () => lanes.goTo(0), End: () => lanes.setFollow(true), u: () => correct({ action: "undo" }), m: askMark, "?": () => $("keys").showModal(),
  };
  let action = actions[e.key];
  if (/^[1-9]$/.test(e.key)) {
    const s = lanes.rows[Number(e.key) - 1];
    if (s && s !== "unknown") action = () => people.ask(s);
  }
  if (!action) return;
  e.preventDefault();
  action();
  dirty = true;
}

$("zoom-in").addEventListener("click", () => lanes.zoom(0.7));
$("zoom-out").addEventListener("click", () => lanes.zoom(1 / 0.7));
$("zoom-fit").addEventListener("click", () => lanes.all());
$("live").addEventListener("click", () => lanes.setFollow(!lanes.follow));
$("player").addEventListener("timeupdate", (e) => {
  if (e.target.currentTime >= play.until) e.target.pause();
});
$("player").addEventListener("seeking", () => {
  if (!play.own) play.until = Infinity; // a person who moves the player wants to hear more
  play.own = false;
});
$("move-to").addEventListener("change", () => (rowsDirty = true));
$("move-go").addEventListener("click", move);
$("move-none").addEventListener("click", () => {
  said.choose();
  getSelection().removeAllRanges();
});
$("mark").addEventListener("click", askMark);
$("note-cancel").addEventListener("click", () => $("note").close());
$("note-form").addEventListener("submit", () => correct({ action: "mark", at: askMark.at, text: $("note-text").value.trim() }, askMark.about));
$("undo").addEventListener("click", () => correct({ action: "undo" }));
$("help").addEventListener("click", () => $("keys").showModal());
$("figures").addEventListener("click", () => {
  showFigures(!figures());
  try {
    localStorage.setItem("figures", figures() ? "yes" : "");
  } catch {
    // this browser keeps nothing
  }
});
try {
  showFigures(localStorage.getItem("figures") === "yes");
} catch {
  showFigures(false);
}
$("stream").addEventListener("change", (e) => choose(e.target.value));
document.addEventListener("pointerdown", () => (pressed = true), true);
for (const release of ["pointerup", "pointercancel"]) {
  // The click comes after the release.
  document.addEventListener(release, () => setTimeout(() => (pressed = false, rowsDirty = true), 0), true);
}
$("who").addEventListener("close", () => document.activeElement?.closest?.("#turns, #log")?.focus());
document.addEventListener("keydown", keys);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  lanes.theme();
  dirty = true;
});
new ResizeObserver(() => {
  lanes.theme();
  dirty = rowsDirty = true;
}).observe($("stage"));
document.addEventListener("visibilitychange", () => (dirty = true));

connection.connect();
requestAnimationFrame(frame);
let recorder = null; // set if the server takes sound
let askVoice = null; // set if the server keeps voices
fetch("abilities").then((answer) => answer.json(), () => ({})).then((able) => {
  if (able.record) recorder = offer({ choose, toast, shown: () => board });
  if (able.remember) {
    askVoice = offerVoices({ toast });
    showVoices({ toast });
  }
  $("phone").hidden = !able.phone;
});
$("phone").addEventListener("click", () => {
  $("code-picture").src = "phone.svg";
  $("code").showModal();
});

// For the browser's console and for tests.
globalThis.diarizer = {
  get board() { return board; },
  get recorder() { return recorder; },
  get streams() { return streams; },
  lanes,
  people,
  said,
};
