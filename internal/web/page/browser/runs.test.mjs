// A stream of several runs: the page shows the latest run, or an earlier run that is chosen.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bin, browse, killAll, open, recording, start, until } from "./harness.mjs";

let browser;
before(async () => (browser = await browse()));
after(async () => {
  killAll();
  await browser?.close();
});

test("an earlier run is chosen, looked at and left", async () => {
  const host = await start(bin, "replay", "--model", "light", "--speed", "max", "--http", "127.0.0.1:0", "-");
  const nats = await host.found(/(nats:\/\/[^,\s]+)/);
  const file = join(mkdtempSync(join(tmpdir(), "diarizer-")), "standup.flac");
  copyFileSync(recording, file);
  for (let i = 0; i < 2; i++) execFileSync(bin, ["replay", "--model", "light", "--speed", "max", "--nats", nats, file], { stdio: "ignore" });
  const view = await start(bin, "view", "--all", "--nats", nats, "--stream", "standup", "--http", "127.0.0.1:0");
  const page = await open(browser, view.url);
  await until(page, () => diarizer.streams.length === 2 && diarizer.board.run === diarizer.streams[0].run && diarizer.board.end);
  const [latest, first] = await page.evaluate(() => diarizer.streams.map((s) => s.run));
  assert.ok(latest > first);
  const options = () => page.locator("#stream option").evaluateAll((all) => all.map((o) => [o.value, o.textContent]));
  const [[now, text], [earlier, other]] = await options();
  assert.deepEqual([now, text], ["standup", "standup (ended)"]);
  assert.match(other, /^standup, .*\d/);
  await until(page, () => !document.querySelector("#undo").disabled);

  await page.locator("#stream").selectOption(earlier);
  await until(page, (run) => diarizer.board.run === run && diarizer.board.turns.length > 10 && document.querySelector("#undo").disabled, first);
  await until(page, (run) => document.querySelector("#stream").value === run, earlier);
  assert.match(await page.locator("#save a[data-format=rttm]").getAttribute("href"), /&run=[\w-]+&format=rttm$/);
  await page.reload(); // the address names the run
  await until(page, (run) => diarizer.board.run === run && diarizer.board.end, first);
  await page.locator("#stream").selectOption(now);
  await until(page, (run) => diarizer.board.run === run && !document.querySelector("#undo").disabled, latest);
  assert.deepEqual(page.problems, []);
  await view.stop();
  await host.stop();
});
