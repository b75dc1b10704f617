// Two tabs record one room, as two phones on a table do.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { apart, bin, heard, killAll, listen, open, overhear, skipped, start, turns, until, write } from "./harness.mjs";

const seconds = 14; // seconds of the demo: two speakers
const dir = mkdtempSync(join(tmpdir(), "diarizer-"));
const wav = join(dir, "microphone.wav");
let browser;

before(async () => {
  // Each tab's microphone plays the file from its beginning, so that the second tab hears the room
  // with the delay with which it came.
  browser = await listen(wav, seconds);
});
after(async () => {
  killAll();
  await browser?.close();
});

test("two tabs of one room give each speaker once", async (t) => {
  const web = await start(bin, "web", "--http", "127.0.0.1:0");
  const one = await open(browser, web.url, { permissions: ["microphone"] });
  const two = await one.context().newPage();
  two.problems = one.problems;
  await two.goto(web.url);
  for (const page of [one, two]) {
    await until(page, () => globalThis.diarizer?.recorder);
    await overhear(page);
  }
  await one.locator("#record").click();
  await one.locator("#mic-name").fill("Round table");
  await one.keyboard.press("Enter");
  await until(one, () => diarizer.recorder.connected);
  const stream = await one.evaluate(() => diarizer.recorder.stream);
  await until(two, (s) => diarizer.board.stream === s, stream);
  await two.locator("#record").click();
  await two.locator("#mic-join-go").click();
  await until(two, () => diarizer.recorder.connected);
  assert.equal(await two.evaluate(() => diarizer.recorder.stream), stream);

  // The first tab leaves when the second has been aligned for long.
  await until(one, (s) => diarizer.recorder.seconds > s, 10);
  await one.locator("#record").click();
  await until(one, () => diarizer.recorder.state === "off");
  assert.equal(await two.evaluate(() => diarizer.recorder.state), "recording");
  await until(two, (s) => diarizer.recorder.seconds > s, seconds + 2);
  await two.locator("#record").click();
  await until(two, () => diarizer.board.end);
  await until(two, () => diarizer.recorder.state === "off");
  const answer = await fetch(new URL(`download?stream=${stream}&format=rttm`, web.url));
  const got = turns(await answer.text());

  const rttm = join(dir, "replay.rttm");
  execFileSync(bin, ["run", "--out", rttm, wav], { stdio: "ignore" });
  const want = turns(readFileSync(rttm, "utf8"));

  // But for what the sound system skips of a machine that is busy with something else.
  let skips = 0;
  for (const [i, page] of [one, two].entries()) {
    const file = join(dir, `heard-${i}.wav`);
    write(file, await heard(page));
    skips += skipped(file, wav);
  }
  t.diagnostic(`the sound system has skipped ${skips.toFixed(3)} s`);
  assert.equal(apart(got, want, 0.05 + skips), "");
  assert.deepEqual(one.problems, []);
  await one.close();
  await web.stop();
});
