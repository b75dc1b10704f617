// Record here, in a browser whose microphone plays a file.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { apart, bin, heard, killAll, listen, missing, open, overhear, skipped, start, turns, until, write } from "./harness.mjs";

const seconds = 16; // seconds of the demo: three speakers
const dir = mkdtempSync(join(tmpdir(), "diarizer-"));
const wav = join(dir, "microphone.wav");
let browser;

before(async () => (browser = await listen(wav, seconds)));
after(async () => {
  killAll();
  await browser?.close();
});

test("what a page records has the turns of a replay", async (t) => {
  const web = await start(bin, "web", "--http", "127.0.0.1:0");
  const page = await open(browser, web.url, { permissions: ["microphone"] });
  await until(page, () => globalThis.diarizer?.recorder);
  await overhear(page);
  await page.locator("#record").click();
  await page.locator("#mic-name").fill("Stand-up");
  await page.keyboard.press("Enter");
  await until(page, () => diarizer.board.time > 4);

  // The connection breaks: the sound is kept, and arrives over the next connection.
  await page.evaluate(() => {
    globalThis.before = diarizer.recorder.ws;
    before.close(4000);
  });
  await until(page, () => diarizer.recorder.ws !== before && diarizer.recorder.connected);
  // Another tab is in front.
  const other = await page.context().newPage();
  await other.goto("about:blank");
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await other.close();

  await until(page, (s) => diarizer.recorder.seconds > s, seconds + 2);
  await page.locator("#record").click();
  await until(page, () => diarizer.board.end);
  await until(page, () => diarizer.recorder.state === "off");
  // Nothing is lost, except what the page's microphone has left out.
  const sound = await heard(page);
  const more = (await missing(page)) - sound.holes / sound.rate;
  assert.ok(Math.abs(more) < 0.01, `${more} s more are missing than the page had not`);
  assert.equal(await page.evaluate(() => diarizer.board.source.name), "Stand-up");
  const stream = await page.evaluate(() => diarizer.board.stream);
  assert.match(stream, /^stand-up-[0-9a-f]{6}$/);
  const answer = await fetch(new URL(`download?stream=${stream}&format=rttm`, web.url));
  const got = turns(await answer.text());

  // The turns are those of a replay of what the page has heard.
  const replayed = (file) => {
    const rttm = `${file}.rttm`;
    execFileSync(bin, ["run", "--out", rttm, file], { stdio: "ignore" });
    return turns(readFileSync(rttm, "utf8"));
  };
  const recorded = join(dir, "heard.wav");
  write(recorded, sound);
  const own = replayed(recorded);
  if (sound.holes === 0) assert.deepEqual(got, own);
  // And what it has heard is what was played, a little sooner or later, but for what the sound system
  // skips of a machine that is busy with something else.
  const skips = skipped(recorded, wav);
  t.diagnostic(`the sound system has skipped ${skips.toFixed(3)} s, the page ${sound.holes} samples`);
  assert.equal(apart(got, replayed(wav), 0.05 + skips), "");
  assert.deepEqual(page.problems, []);
  await page.close();
  await web.stop();
});

test("a connection that goes silent is replaced, and no sound is lost", async () => {
  const web = await start(bin, "web", "--http", "127.0.0.1:0", "--model", "light");
  const page = await open(browser, web.url, { permissions: ["microphone"] });
  let silent = false; // whether nothing comes through the first connection any more, in either direction
  let connections = 0;
  await page.routeWebSocket(/v1\/live/, (ws) => {
    const server = ws.connectToServer();
    const passes = ++connections > 1 ? () => true : () => !silent;
    ws.onMessage((m) => passes() && server.send(m));
    server.onMessage((m) => passes() && ws.send(m));
    ws.onClose(() => {});
    server.onClose((code, reason) => passes() && ws.close({ code, reason }));
  });
  await page.reload();
  await until(page, () => globalThis.diarizer?.recorder);
  await overhear(page);
  await page.locator("#record").click();
  await page.locator("#mic-name").fill("Silence");
  await page.keyboard.press("Enter");
  await until(page, () => diarizer.board.time > 2);
  await page.evaluate(() => (globalThis.before = diarizer.recorder.ws));
  silent = true;
  await until(page, () => diarizer.recorder.ws !== before && diarizer.recorder.connected);
  await page.locator("#record").click();
  await until(page, () => diarizer.board.end && diarizer.recorder.state === "off");
  assert.equal(connections, 2);
  const sound = await heard(page);
  const more = (await missing(page)) - sound.holes / sound.rate;
  assert.ok(Math.abs(more) < 0.01, `${more} s more are missing than the page had not`);
  assert.equal(await page.evaluate(() => diarizer.recorder.lost), 0);
  assert.deepEqual(page.problems, []);
  await page.close();
  await web.stop();
});
