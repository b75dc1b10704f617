// What is said, on the page: live words, corrected words, listening to a word and moving words.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect } from "node:net";
import { bin, browse, killAll, open, recording, start, until } from "./harness.mjs";

let browser;
before(async () => (browser = await browse()));
after(async () => {
  killAll();
  await browser?.close();
});

/** publisher sends messages to a NATS server, one after the other. */
async function publisher(url, subject) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  socket.write('CONNECT {"verbose":false,"pedantic":false}\r\n');
  return {
    send(message) {
      const data = Buffer.from(JSON.stringify(message));
      socket.write(`PUB ${subject} ${data.length}\r\n${data}\r\n`);
    },
    end: () => socket.end(),
  };
}

const lines = (page) => page.locator("#said li:not(.guess)").evaluateAll((all) => all.map((li) => [li.dataset.speaker, li.querySelector(".text").textContent.trim()]));

test("what is said is shown as it comes, corrected, heard and moved", async () => {
  const dir = mkdtempSync(join(tmpdir(), "diarizer-"));
  const sound = readFileSync(recording);
  const half = Math.round(sound.length * 0.72);
  const replay = await start(bin, "replay", "--model", "light", "--speed", "max", "--http", "127.0.0.1:0", "--rttm", join(dir, "talk.rttm"), "-");
  const nats = await replay.found(/(nats:\/\/[^,\s]+)/);
  const view = await start(bin, "view", "--nats", nats, "--http", "127.0.0.1:0");
  replay.write(sound.subarray(0, half));
  const one = await open(browser, replay.url);
  const two = await open(browser, view.url);
  for (const page of [one, two]) await until(page, () => diarizer.board.turns.some((t) => t.speaker === "S2" && t.end > 47));
  assert.equal(await one.locator("#said-card").isVisible(), false);
  const words = await publisher(nats, `diarizer.words.v1.${await one.evaluate(() => diarizer.board.stream)}`);

  // Partial words are marked, and final words replace them. Markup is text.
  const evil = "<img/src=x/onerror=globalThis.hit=1>";
  words.send({ partial: true, words: [{ text: "I", start: 1, end: 1.1 }, { text: evil, start: 1.2, end: 1.6 }] });
  for (const page of [one, two]) await until(page, (text) => document.querySelector("#said .guess")?.textContent.includes(text), evil);
  const turns = await one.evaluate(() => diarizer.board.turns.filter((t) => !t.open && t.speaker !== "unknown" && t.end - t.start > 2).slice(0, 6));
  const list = turns.flatMap((t) => [0, 1, 2].map((i) => ({ text: i ? `w${t.id}-${i}` : evil, start: t.start + 0.3 + i * 0.5, end: t.start + 0.7 + i * 0.5 })));
  words.send({ seq: 1, words: list });
  for (const page of [one, two]) {
    await until(page, (n) => document.querySelectorAll("#said .word").length === n, list.length);
    assert.equal(await page.locator("#said .guess").count(), 0);
    assert.equal(await page.locator("main img").count(), 0);
    assert.equal(await page.evaluate(() => globalThis.hit), undefined);
    assert.deepEqual((await lines(page)).map(([who]) => who), turns.map((t) => t.speaker));
  }
  // A click on a word shows its place in the lanes. A selection moves no word.
  await two.locator("#said .word").first().click();
  await until(two, (at) => diarizer.lanes.left() <= at && at <= diarizer.lanes.end && !diarizer.lanes.follow, list[0].start);

  // A line is moved to another speaker, or to a new one. Undo takes it back.
  const mine = turns.find((t) => t.speaker === "S1");
  const word = `w${mine.id}-1`;
  const is = (page, speakers) => until(page, ([text, all]) => {
    const found = [...document.querySelectorAll("#said .word")].find((w) => w.textContent === text);
    return all.includes(found.closest("li").dataset.speaker);
  }, [word, speakers]);
  const row = (page) => page.locator("#said li", { has: page.locator(".word", { hasText: new RegExp(`^${word}$`) }) });
  await row(one).locator("input").check();
  await one.locator("#move-to").selectOption("S2");
  await one.locator("#move-go").click();
  for (const page of [one, two]) await is(page, ["S2"]);
  assert.equal(await one.locator("#move").isVisible(), false);
  await two.locator("#undo").click();
  for (const page of [one, two]) await is(page, ["S1"]);
  // Only the selected words are moved: the turn is cut around them.
  const select = (page, from, to) => page.evaluate(([from, to]) => {
    const find = (text) => [...document.querySelectorAll("#said .word")].find((w) => w.textContent === text);
    const range = document.createRange();
    range.setStart(find(from).firstChild, 0);
    range.setEnd(find(to).firstChild, 2);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  }, [from, to]);
  const whose = (page) => page.evaluate((id) => [...document.querySelectorAll("#said .word")].filter((w) => w.textContent.startsWith(`w${id}-`))
    .map((w) => w.closest("li").dataset.speaker), mine.id);
  const parts = () => one.evaluate((id) => diarizer.board.turns.filter((t) => t.id === id || t.of === id).map((t) => [t.speaker, t.start, t.end]), mine.id);
  await select(one, word, word);
  await until(one, () => document.querySelector("#move-count").textContent === "1\u00a0word");
  await one.locator("#move-none").click();
  await until(one, () => document.querySelector("#move").hidden);
  await select(one, word, word);
  await one.locator("#move-to").selectOption("S2");
  await one.locator("#move-go").click();
  for (const page of [one, two]) {
    await is(page, ["S2"]);
    assert.deepEqual(await whose(page), ["S2", "S1"]);
  }
  const cut = await parts();
  assert.deepEqual(cut.map(([who]) => who), ["S1", "S2", "S1"]);
  const around = mine.start + 0.3 + 0.5;
  assert.ok(Math.abs(cut[1][1] - (around - 0.05)) < 0.01 && Math.abs(cut[1][2] - (around + 0.45)) < 0.01, `cut at ${cut[1]}, around ${around}`);
  await two.locator("#undo").click();
  for (const page of [one, two]) await is(page, ["S1"]);
  assert.deepEqual(await parts(), [["S1", mine.start, mine.end]]);
  const before = await one.evaluate(() => diarizer.board.speakers.slice());
  await row(two).locator("input").check();
  await two.locator("#move-to").selectOption("new");
  await two.locator("#move-go").click();
  await until(one, (was) => diarizer.board.speakers.length > was.length, before);
  const stranger = (await one.evaluate(() => diarizer.board.speakers)).find((who) => !before.includes(who));
  for (const page of [one, two]) await is(page, [stranger]);

  // The download has the words with their present speakers.
  const [file] = await Promise.all([one.waitForEvent("download"), one.locator("#save a[data-said=txt]").click()]);
  assert.match(file.suggestedFilename(), /-said\.txt$/);
  assert.match(readFileSync(await file.path(), "utf8"), new RegExp(`${stranger} +${evil.replace(/[/.*+?^${}()|[\]\\]/g, "\\$&")} w${mine.id}-1 w${mine.id}-2`));

  // A page that opens late shows the same, also after the end.
  words.send({ seq: 2, end: true, words: [{ text: "bye", start: turns[0].end - 0.3, end: turns[0].end }] });
  replay.end(sound.subarray(half));
  for (const page of [one, two]) await until(page, () => diarizer.board.end);
  const late = await open(browser, view.url);
  await until(late, (n) => document.querySelectorAll("#said .word").length === n, list.length + 1);
  assert.deepEqual(await lines(late), await lines(one));
  await is(late, [stranger]);
  await row(late).locator(".what").click();
  await late.locator("#who-name").fill("Ada");
  await late.keyboard.press("Enter");
  for (const page of [two, late]) await until(page, () => [...document.querySelectorAll("#said .what")].some((e) => e.textContent === "Ada"));
  for (const page of [one, two, late]) assert.deepEqual(page.problems, []);
  words.end();
  await view.stop();
  await replay.stop();
  // The command's file follows corrections on another program's page.
  const rttm = readFileSync(join(dir, "talk.rttm"), "utf8");
  assert.match(rttm, / Ada /);
  assert.doesNotMatch(rttm, new RegExp(` ${stranger} `));
});
