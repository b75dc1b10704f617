// A recording that is interrupted, by the server and by the browser, and goes on.

import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bin, heard, killAll, listen, missing, open, overhear, start, until } from "./harness.mjs";

const seconds = 9; // of the demo: two speakers
const dir = mkdtempSync(join(tmpdir(), "diarizer-"));
let browser;

before(async () => (browser = await listen(join(dir, "microphone.wav"), seconds)));
after(async () => {
  killAll();
  await browser?.close();
});

/** free is a port that nobody listens on. */
const free = () => new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

/** speakers are those who speak from a moment on, for more than a moment. */
const speakers = (page, from) => page.evaluate((at) => [...new Set(diarizer.board.turns.filter((t) => t.end > at && t.end - t.start > 0.5).map((t) => t.speaker))], from);

test("a recording outlasts its server and its page", async () => {
  const args = ["web", "--model", "light", "--http", `127.0.0.1:${await free()}`];
  let web = await start(bin, ...args);
  const page = await open(browser, web.url, { permissions: ["microphone"] });
  await until(page, () => globalThis.diarizer?.recorder); // what the server can do is asked after the page is loaded
  assert.equal(await page.locator("#go-on").isVisible(), false);
  await overhear(page);
  await page.locator("#record").click();
  await page.locator("#mic-name").fill("Stand-up");
  await page.keyboard.press("Enter");
  await until(page, (s) => diarizer.board.time > s && diarizer.board.speakers.length > 1, seconds);
  const { stream, session, run } = await page.evaluate(() => ({ stream: diarizer.board.stream, session: diarizer.recorder.session, run: diarizer.board.run }));
  const named = await fetch(new URL(`correct?stream=${stream}`, web.url), {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ action: "rename", speaker: "S1", name: "Ada" }),
  });
  assert.equal(named.status, 200);
  await until(page, () => diarizer.board.name("S1") === "Ada");
  // What is acknowledged is kept, and so is the name that was given before it was said.
  const later = await page.evaluate(() => diarizer.recorder.seq + 20);
  await until(page, (seq) => diarizer.recorder.seq > seq && diarizer.recorder.packets.every((p) => p.seq > seq), later);

  // The server is killed, and starts again: the page sends what it has kept.
  await web.kill();
  web = await start(bin, ...args);
  await until(page, (before) => diarizer.recorder.connected && diarizer.board.run && diarizer.board.run !== before && diarizer.board.name("S1") === "Ada", run);
  assert.deepEqual(await page.evaluate(() => [diarizer.recorder.session, diarizer.recorder.stream]), [session, stream]);
  assert.equal(await page.evaluate(() => diarizer.recorder.lost), 0);
  const { rate, holes } = await heard(page);

  // The tab is gone, and another one goes on: there its microphone plays the file once more.
  await page.close();
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const next = await page.context().newPage();
  next.on("pageerror", (e) => page.problems.push(e.message));
  await next.goto(web.url);
  await next.locator("#go-on", { hasText: "Go on with Stand-up" }).click();
  await until(next, () => diarizer.recorder?.connected && !diarizer.recorder.left);
  // A browser that closes a tab may take its microphone away first, which ends the recording: then the
  // stream goes on with another session.
  assert.equal(await next.evaluate(() => diarizer.recorder.stream), stream);
  // Nobody else is offered what somebody is at.
  const third = await page.context().newPage();
  await third.goto(web.url);
  await until(third, () => globalThis.diarizer?.recorder && document.querySelector("#record").hidden === false);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(await third.locator("#go-on").isVisible(), false);
  await third.close();

  await until(next, () => diarizer.board.gaps.some((g) => g.end - g.start > 2.5));
  const gap = (await next.evaluate(() => diarizer.board.gaps)).find((g) => g.end - g.start > 2.5);
  assert.ok(gap.end - gap.start < 20, JSON.stringify(gap));
  await until(next, (s) => diarizer.board.time > s, gap.end + seconds);
  assert.deepEqual((await speakers(next, gap.end)).sort(), ["S1", "S2"]);
  assert.equal(await next.evaluate(() => diarizer.board.name("S1")), "Ada");
  // With the server nothing was lost: what is missing is what the first page had not, and the gap.
  const more = (await missing(next)) - (gap.end - gap.start) - holes / rate;
  assert.ok(Math.abs(more) < 0.1, `${more} s more are missing than the page had not: ${JSON.stringify(await next.evaluate(() => diarizer.board.gaps))}`);
  await next.locator("#record").click();
  await until(next, () => diarizer.recorder.state === "off" && diarizer.board.end);
  assert.equal(await next.locator("#toast").isVisible() && /did not arrive/.test(await next.locator("#toast").textContent()), false);

  // What was stopped is not offered; what ended with its server is.
  await next.reload();
  await until(next, () => globalThis.diarizer?.recorder);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(await next.locator("#go-on").isVisible(), false);
  await next.locator("#record").click();
  await next.locator("#mic-name").fill("Retro");
  await next.keyboard.press("Enter");
  await until(next, () => diarizer.recorder.session && diarizer.recorder.seconds > 2.5);
  await web.stop();
  await until(next, () => diarizer.recorder.state === "off");
  web = await start(bin, ...args);
  await next.locator("#go-on", { hasText: "Go on with Retro" }).click();
  await until(next, () => diarizer.recorder.connected && diarizer.board.source?.name === "Retro");
  await next.locator("#record").click();
  await until(next, () => diarizer.recorder.state === "off");
  assert.deepEqual(page.problems, []);
  await next.close();
  await web.stop();
});
