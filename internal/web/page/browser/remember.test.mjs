// Remember this voice: the question after a new name.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bin, browse, killAll, open, recording, start, until } from "./harness.mjs";

const dir = mkdtempSync(join(tmpdir(), "diarizer-"));
const voices = join(dir, "voices.json");
const key = join(dir, "voices.key");
let browser;

before(async () => (browser = await browse()));
after(async () => {
  killAll();
  await browser?.close();
});

/** send sends the beginning of the demo as a recorder does, as fast as possible. */
async function send(page, stream) {
  const sound = execFileSync("ffmpeg", ["-loglevel", "error", "-t", "30", "-i", recording, "-f", "s16le", "-ar", "16000", "-"], { maxBuffer: 1 << 24 });
  await page.evaluate(([stream, text]) => new Promise((resolve) => {
    const data = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const url = new URL(`v1/live?stream=${stream}`, location.href);
    url.protocol = "ws";
    const ws = new WebSocket(url);
    ws.onopen = () => {
      for (let at = 0; at < data.length; at += 32000) ws.send(data.subarray(at, at + 32000));
      ws.send(JSON.stringify({ type: "end" }));
    };
    ws.onclose = resolve;
  }), [stream, sound.toString("base64")]);
  await until(page, (s) => diarizer.board.stream === s && diarizer.board.end, stream);
}

async function rename(page, who, name) {
  await page.locator(`#people .person[data-speaker=${who}] > button`).click();
  await page.locator("#who-name").fill(name);
  await page.locator("#who-save").click();
}

test("a voice is remembered with a yes, and nobody's without", async () => {
  execFileSync(bin, ["enroll", "new-key", key], { stdio: "ignore" });
  const web = await start(bin, "web", "--http", "127.0.0.1:0", "--model", "light", `--identify=${voices}`, "--voices-key", key);
  const page = await open(browser, web.url);
  await send(page, "monday");
  await rename(page, "S1", "Ada Lovelace");
  const dialog = page.locator("#voice");
  await dialog.waitFor({ state: "visible" });
  assert.match(await page.locator("#voice-title").textContent(), /Ada Lovelace/);
  assert.match(await dialog.textContent(), /biometric/);
  assert.ok(await page.locator("#voice-yes").isDisabled(), "without a yes");
  await page.locator("#voice-consent").check();
  await page.locator("#voice-yes").click();
  await until(page, () => /is kept in/.test(document.getElementById("toast").textContent));

  await rename(page, "S2", "Grace");
  await dialog.waitFor({ state: "visible" });
  assert.ok(await page.locator("#voice-yes").isDisabled(), "the yes of another one");
  await page.locator("#voice-no").click();

  const stored = readFileSync(voices);
  assert.ok(stored.subarray(0, 22).equals(Buffer.from("age-encryption.org/v1\n")) && !stored.includes("Ada Lovelace"));
  const list = execFileSync(bin, ["enroll", "list", "--model", "light", `--file=${voices}`, "--voices-key", key], { encoding: "utf8" });
  assert.match(list, /Ada Lovelace/);
  assert.doesNotMatch(list, /Grace/);

  await send(page, "tuesday");
  await until(page, () => [...document.querySelectorAll("#people .person .name")].some((e) => e.textContent === "Ada Lovelace"));

  // The page lists what is kept, and erases it.
  await page.locator("#voices-open").click();
  const kept = page.locator("#voices-list li");
  await kept.first().waitFor({ state: "visible" });
  assert.equal(await kept.count(), 1);
  assert.match(await kept.first().textContent(), /Ada Lovelace.* s of speech, stream monday, until .*\d/);
  await kept.locator("button").click();
  assert.match(execFileSync(bin, ["enroll", "list", "--model", "light", `--file=${voices}`, "--voices-key", key], { encoding: "utf8" }), /Ada Lovelace/, "erased without asking");
  await kept.locator("button").click();
  await until(page, () => /1 voice, .* was read again and has nothing of it/.test(document.getElementById("toast").textContent));
  await until(page, () => document.getElementById("voices-list").children.length === 0 && !document.getElementById("voices-none").hidden);
  assert.doesNotMatch(execFileSync(bin, ["enroll", "list", "--model", "light", `--file=${voices}`, "--voices-key", key], { encoding: "utf8" }), /Ada Lovelace/);
  assert.deepEqual(page.problems, []);
  await page.close();
  await web.stop();
});
