// What a dialog is about: the run that was shown when it was opened, whatever is shown when its
// answer comes.

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

test("names, marks and voices are of the run that was shown when the dialog was opened", async () => {
  const host = await start(bin, "replay", "--model", "light", "--speed", "max", "--http", "127.0.0.1:0", "-");
  const nats = await host.found(/(nats:\/\/[^,\s]+)/);
  const dir = mkdtempSync(join(tmpdir(), "diarizer-"));
  for (const stream of ["one", "two"]) {
    const file = join(dir, `${stream}.flac`);
    copyFileSync(recording, file);
    execFileSync(bin, ["replay", "--model", "light", "--speed", "max", "--nats", nats, file], { stdio: "ignore" });
  }
  const view = await start(bin, "view", "--nats", nats, "--http", "127.0.0.1:0");
  const page = await open(browser, view.url);
  await page.route("**/abilities", (route) => route.fulfill({ json: { remember: true } }));
  const asked = []; // what the page asks for: the address and the body
  await page.route(/\/(remember|correct)\?/, (route) => {
    asked.push({ url: new URL(route.request().url()), ...route.request().postDataJSON() });
    return route.request().url().includes("/remember") ? route.fulfill({ json: { text: "kept" } }) : route.continue();
  });
  await page.reload();
  await until(page, () => diarizer.streams.length === 2);
  /** show chooses a stream, as another person's new meeting does while a dialog is open. */
  const show = async (stream) => {
    await page.evaluate((value) => {
      const select = document.getElementById("stream");
      select.value = value;
      select.dispatchEvent(new Event("change"));
    }, stream);
    // The rows of people are drawn up to 200 ms after the board is another one.
    await until(page, (s) => diarizer.board.stream === s && diarizer.board.end && diarizer.people.shown.run === diarizer.board.run && document.querySelectorAll("#people .person").length > 1, stream);
  };
  const person = page.locator("#people .person[data-speaker=S1] > button");
  await show("one");
  const run = await page.evaluate(() => diarizer.board.run);
  await person.click();
  await show("two");
  assert.notEqual(await page.evaluate(() => diarizer.board.run), run);
  await page.locator("#who-name").fill("Ada");
  await page.locator("#who-save").click();

  await page.locator("#voice").waitFor({ state: "visible" });
  assert.match(await page.locator("#voice-title").textContent(), /Ada/);
  await page.locator("#voice-consent").check();
  await page.locator("#voice-yes").click();
  await until(page, () => document.getElementById("toast").textContent === "Kept.");

  await show("one");
  await until(page, () => diarizer.board.name("S1") === "Ada");
  await page.locator("#mark").click();
  await show("two");
  assert.equal(await page.evaluate(() => diarizer.board.name("S1")), "S1");
  await page.locator("#note-text").fill("a moment");
  await page.locator("#note-form [type=submit]").click();
  await until(page, () => document.getElementById("toast").textContent === "Marked.");

  await show("one");
  await person.click();
  await page.locator("#who-into").selectOption({ index: 1 });
  await show("two");
  await page.locator("#who-merge").click();
  await until(page, () => document.getElementById("toast").textContent.startsWith("Merged."));

  const about = asked.map((a) => [a.url.pathname.slice(1), a.action ?? a.name, a.url.searchParams.get("stream"), a.run]);
  assert.deepEqual(about, [["correct", "rename", "one", run], ["remember", "Ada", "one", run], ["correct", "mark", "one", run], ["correct", "merge", "one", run]]);
  assert.deepEqual(page.problems, []);
  await view.stop();
  await host.stop();
});
