// Record here, in a browser whose microphone plays a file.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bin, killAll, listen, open, start, turns, until } from "./harness.mjs";

const seconds = 16; // seconds of the demo: three speakers
const dir = mkdtempSync(join(tmpdir(), "diarizer-"));
const wav = join(dir, "microphone.wav");
let browser;

before(async () => (browser = await listen(wav, seconds)));
after(async () => {
  killAll();
  await browser?.close();
});

test("what a page records has the turns of a replay", async () => {
  const web = await start(bin, "web", "--http", "127.0.0.1:0");
  const page = await open(browser, web.url, { permissions: ["microphone"] });
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
  // Nothing is lost, except what the sound system of a busy machine skips.
  const gaps = await page.evaluate(() => diarizer.board.gaps);
  assert.ok(gaps.reduce((n, g) => n + g.end - g.start, 0) < 0.1, JSON.stringify(gaps));
  assert.equal(await page.evaluate(() => diarizer.board.source.name), "Stand-up");
  const stream = await page.evaluate(() => diarizer.board.stream);
  assert.match(stream, /^stand-up-[0-9a-f]{6}$/);
  const answer = await fetch(new URL(`download?stream=${stream}&format=rttm`, web.url));
  const got = turns(await answer.text());

  const rttm = join(dir, "replay.rttm");
  execFileSync(bin, ["run", "--out", rttm, wav], { stdio: "ignore" });
  const want = turns(readFileSync(rttm, "utf8"));
  assert.deepEqual(got.map((t) => t.speaker), want.map((t) => t.speaker), JSON.stringify({ got, want }));
  // The microphone began a little before or after the page heard it.
  const apart = got.flatMap((t, i) => [t.start - want[i].start, t.end - want[i].end]).sort((a, b) => a - b);
  const offset = apart[apart.length >> 1];
  for (const d of apart) assert.ok(Math.abs(d - offset) <= 0.05, `${d} s, all others ${offset} s: ${JSON.stringify({ got, want })}`);
  assert.deepEqual(page.problems, []);
  await page.close();
  await web.stop();
});
