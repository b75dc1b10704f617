// Shared by the browser tests: programs that serve the page, and a browser.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

export const bin = process.env.DIARIZER;
export const stage = process.env.STAGE;
export const recording = process.env.RECORDING;

// What programs keep is not for those of other tests.
process.env.XDG_STATE_HOME = mkdtempSync(join(tmpdir(), "diarizer-state-"));

const running = new Set();
process.on("exit", killAll);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

/** killAll ends the programs that a failed test has left. */
export function killAll() {
  for (const p of running) p.kill("SIGKILL");
}

/** start runs a program and waits until it prints the address of its page. */
export async function start(program, ...args) {
  const p = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  running.add(p);
  const lines = [];
  const ended = new Promise((resolve) => p.on("exit", (code) => {
    running.delete(p);
    resolve(code);
  }));
  const found = (pattern, within = 30000) => new Promise((resolve, reject) => {
    const look = () => {
      const match = lines.map((l) => pattern.exec(l)).find(Boolean);
      if (match) return resolve(match[1]);
      if (within <= 0) return reject(new Error(`${program}: no line like ${pattern} in\n${lines.join("\n")}`));
      within -= 50;
      setTimeout(look, 50);
    };
    look();
  });
  for (const out of [p.stdout, p.stderr]) createInterface({ input: out }).on("line", (l) => lines.push(l));
  const url = await found(/live page: (\S+)/);
  return {
    url, lines, found,
    write: (data) => p.stdin.write(data),
    end: (data) => p.stdin.end(data),
    stop() {
      p.kill("SIGTERM");
      return ended;
    },
    kill() {
      p.kill("SIGKILL");
      return ended;
    },
  };
}

/** browse starts the browser. Chromium refuses its sandbox to root. */
export function browse(...args) {
  return chromium.launch({ executablePath: process.env.CHROMIUM, args: [...(process.getuid() === 0 ? ["--no-sandbox"] : []), ...args] });
}

/**
 * listen starts a browser whose microphones each play the file wav once, which it makes: the
 * recording's first seconds, and a pause behind them, so that the last turn has an end.
 */
export function listen(wav, seconds) {
  execFileSync("ffmpeg", ["-loglevel", "error", "-t", String(seconds), "-i", recording, "-af", "apad=pad_dur=20", "-ar", "48000", "-c:a", "pcm_s16le", wav]);
  return browse("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-audio-capture=${wav}%noloop`);
}

/** open opens a page and collects its errors. */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (e) => page.problems.push(e.message));
  page.on("console", (m) => {
    // A lost connection is part of some tests.
    if (m.type() === "error" && !/net::ERR|Failed to load resource/.test(m.text())) page.problems.push(m.text());
  });
  page.on("request", (r) => {
    if (new URL(r.url()).host !== new URL(url).host) page.problems.push(`asked ${r.url()}`);
  });
  await page.goto(url);
  return page;
}

/** names are the names of the speakers beside the lanes. */
export const names = (page) => page.locator("#people .person .name").allTextContents();

/** until waits for a condition in the page. */
export const until = (page, condition, argument) => page.waitForFunction(condition, argument, { timeout: 60000, polling: 50 });

/** turns are the turns of an RTTM text. */
export const turns = (text) => text.trim().split("\n").map((l) => l.split(/\s+/)).map((f) => ({ start: Number(f[3]), end: Number(f[3]) + Number(f[4]), speaker: f[7] }));

/**
 * overhear keeps the sound that a page's microphone delivers from now on, for heard to return. A busy
 * machine may skip some of the sound before the page has it.
 */
export const overhear = (page) => page.evaluate(() => {
  const { recorder } = diarizer;
  const { packet: receive } = recorder;
  globalThis.overheard = [];
  recorder.packet = function (packet) {
    const samples = Array.from(packet.samples);
    const { seq } = this;
    receive.call(this, packet);
    if (this.seq > seq) overheard.push({ position: this.position - samples.length, samples }); // after the end nothing is kept
  };
});

/** heard is what a page has heard: its rate, its samples with silence for its holes, and how many samples those have. */
export async function heard(page) {
  const { rate, packets } = await page.evaluate(() => ({ rate: diarizer.recorder.rate, packets: overheard }));
  const { position, samples } = packets.at(-1);
  const all = new Int16Array(position + samples.length);
  let end = 0, holes = 0;
  for (const p of packets) {
    all.set(p.samples, p.position);
    holes += p.position - end;
    end = p.position + p.samples.length;
  }
  return { rate, samples: all, holes };
}

/** missing is how many seconds a page says that its stream lacks. */
export const missing = (page) => page.evaluate(() => diarizer.board.gaps.reduce((n, g) => n + g.end - g.start, 0));

/** write makes a WAV file of what a page has heard. */
export function write(file, { rate, samples }) {
  const head = Buffer.alloc(44);
  head.write("RIFF");
  head.writeUInt32LE(36 + 2 * samples.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(2 * rate, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(2 * samples.length, 40);
  writeFileSync(file, Buffer.concat([head, Buffer.from(samples.buffer)]));
}

/**
 * skipped is by how many seconds the parts of a recording are further apart, or nearer, than in the file
 * that the microphone played: what a busy machine's sound system has left out or put in. It is found
 * second by second, by where the file is most like it.
 */
export function skipped(recorded, played) {
  const rate = 2000;
  const read = (file) => {
    const raw = execFileSync("ffmpeg", ["-loglevel", "error", "-i", file, "-ar", String(rate), "-ac", "1", "-f", "f32le", "-"], { maxBuffer: 1 << 28 });
    return new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length));
  };
  const [a, b] = [read(recorded), read(played)];
  const power = (x, from) => {
    let sum = 0;
    for (let i = from; i < from + rate; i++) sum += x[i] * x[i];
    return sum;
  };
  const lags = [];
  for (let at = 0; at + rate <= a.length; at += rate) {
    const own = power(a, at);
    if (own < rate * 1e-5) continue; // nobody speaks
    let most = 0, lag = 0;
    const near = lags.length > 0 ? at + lags[0] * rate : at;
    for (let from = Math.max(0, near - rate); from <= Math.min(b.length - rate, near + rate); from++) {
      let sum = 0;
      for (let i = 0; i < rate; i++) sum += a[at + i] * b[from + i];
      const like = sum / Math.sqrt(own * power(b, from) + 1e-9);
      if (like > most) [most, lag] = [like, from - at];
    }
    if (most > 0.9) lags.push(lag / rate); // else something was left out within this second
  }
  return Math.max(...lags) - Math.min(...lags);
}

/** apart says what times of turns differ from others by more than all do, by so many seconds; empty where none does. */
export function apart(got, want, most) {
  if (got.map((t) => t.speaker).join() !== want.map((t) => t.speaker).join()) return `other speakers: ${JSON.stringify({ got, want })}`;
  const off = got.flatMap((t, i) => [t.start - want[i].start, t.end - want[i].end]).sort((a, b) => a - b);
  const offset = off[off.length >> 1];
  const far = off.filter((d) => Math.abs(d - offset) > most);
  return far.length === 0 ? "" : `${far} s, all others ${offset} s, expected up to ${most} s more or less: ${JSON.stringify({ got, want })}`;
}
