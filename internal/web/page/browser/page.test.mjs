// The live page in a real browser.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bin, browse, killAll, names, open, recording, stage, start, until } from "./harness.mjs";

let browser;
before(async () => (browser = await browse()));
after(async () => {
  killAll();
  await browser?.close();
});


test("corrections of the demo reach a second page and the RTTM", async () => {
  const rttm = join(mkdtempSync(join(tmpdir(), "diarizer-")), "demo.rttm");
  // The stage stops in the middle of a turn until everything is corrected, so that the speed of
  // the machine does not matter.
  const sound = readFileSync(recording);
  const half = Math.round(sound.length * 0.72);
  const replay = await start(bin, "replay", "--speed", "max", "--http", "127.0.0.1:0", "--rttm", rttm, "-");
  replay.write(sound.subarray(0, half));
  const nats = await replay.found(/(nats:\/\/[^,\s]+)/);
  const view = await start(bin, "view", "--nats", nats, "--http", "127.0.0.1:0");
  const one = await open(browser, replay.url);
  const two = await open(browser, view.url);

  // The demo plays: lanes grow, and a speaker speaks, at first provisionally.
  await until(one, () => document.querySelectorAll("#people .person").length >= 2);
  await until(one, () => diarizer.board.turns.some((t) => t.open && t.state === "provisional"));
  await until(one, () => document.querySelector("#now .speaker"));
  await until(one, () => diarizer.lanes.drawn > 0 && /\d dB/.test(document.getElementById("level-text").textContent));
  assert.equal(await one.locator("#link").getAttribute("data-state"), "live");
  assert.match(await one.locator("#time").textContent(), /^\d\d:\d\d$/);

  // All events up to here have arrived, so that nothing moves under the mouse.
  for (const page of [one, two]) await until(page, () => diarizer.board.turns.some((t) => t.speaker !== "S1" && t.end > 49));
  const other = await one.evaluate(() => diarizer.board.turns.findLast((t) => t.speaker !== "S1" && t.end > 49).speaker);

  // A name with markup stays text, on every page.
  const evil = "<img src=x onerror='globalThis.hit=1'>";
  await one.locator(".person[data-speaker=S1] > button").click();
  await one.locator("#who-name").fill(evil);
  await one.keyboard.press("Enter");
  for (const page of [one, two]) {
    await until(page, (name) => document.querySelector(".person[data-speaker=S1] .name").textContent === name, evil);
    assert.equal(await page.locator("main img").count(), 0);
    assert.equal(await page.evaluate(() => globalThis.hit), undefined);
  }
  // The other page names a speaker, by keyboard alone.
  await two.keyboard.press("1");
  await two.locator("#who-name").fill("Ada Lovelace");
  await two.keyboard.press("Enter");
  for (const page of [one, two]) await until(page, () => document.querySelector(".person[data-speaker=S1] .name").textContent === "Ada Lovelace");

  // Dragging one speaker onto another merges them; undo takes it back.
  const turns = await two.evaluate((other) => diarizer.board.turns.filter((t) => t.speaker === other).length, other);
  assert.ok(turns > 0);
  const from = await one.locator(`.person[data-speaker=${other}]`).boundingBox();
  const to = await one.locator(".person[data-speaker=S1]").boundingBox();
  await one.mouse.move(from.x + 60, from.y + 20);
  await one.mouse.down();
  await one.mouse.move(to.x + 60, to.y + 30, { steps: 8 });
  assert.equal(await one.locator(".person.target").getAttribute("data-speaker"), "S1");
  await one.mouse.up();
  for (const page of [one, two]) {
    await until(page, (other) => !document.querySelector(`.person[data-speaker=${other}]`) && diarizer.board.turns.every((t) => t.speaker !== other), other);
    await until(page, (other) => document.getElementById("log").textContent.includes(`${other} was Ada Lovelace all along`), other);
  }
  assert.equal(await one.locator("dialog[open]").count(), 0, "the drag opened the dialog");
  await two.locator("#undo").click();
  for (const page of [one, two]) await until(page, ([other, n]) => diarizer.board.turns.filter((t) => t.speaker === other).length >= n && document.querySelector(`.person[data-speaker=${other}]`), [other, turns]);

  // A page that opens late has the earlier corrections.
  const late = await open(browser, view.url);
  const log = await one.locator("#log .what").allTextContents();
  await until(late, (want) => JSON.stringify([...document.querySelectorAll("#log .what")].map((e) => e.textContent)) === want, JSON.stringify(log));
  assert.ok(log.includes(`${other} was Ada Lovelace all along`), log.join("\n"));
  assert.deepEqual(late.problems, []);
  await late.context().close();

  replay.end(sound.subarray(half));

  // At the end both pages know that the stream is over, and the file has the name.
  for (const page of [one, two]) {
    await until(page, () => document.getElementById("link").dataset.state === "ended");
    assert.deepEqual(page.problems, []);
  }
  await replay.found(/(the page stays at)/);
  const speakers = new Set(readFileSync(rttm, "utf8").trim().split("\n").map((l) => l.split(" ")[7]));
  assert.ok(speakers.has("Ada_Lovelace") && speakers.has(other) && !speakers.has("S1"), [...speakers].join());
  await until(one, (n) => document.querySelectorAll("#people .person").length === n, speakers.size);
  const shown = (await names(one)).map((n) => n.replaceAll(" ", "_")).sort();
  assert.deepEqual(shown, [...speakers].sort());
  await Promise.all([view.stop(), replay.stop()]);
});

test("goes on after the server has restarted", async () => {
  const first = await start(stage, "-until", "0.4", "-speed", "0.01");
  const page = await open(browser, first.url);
  await until(page, () => diarizer.board.turns.length > 5);
  const before = await page.evaluate(() => {
    globalThis.kept = true;
    return diarizer.board.seq;
  });
  const addr = new URL(first.url).host;
  await first.stop();
  await until(page, () => document.getElementById("link").dataset.state === "lost");
  assert.ok(await page.evaluate(() => diarizer.board.turns.length > 5), "the picture went with the connection");
  const second = await start(stage, "-until", "0.7", "-speed", "0.01", "-addr", addr);
  await until(page, (seq) => diarizer.board.seq > seq && document.getElementById("link").dataset.state === "live", before);
  assert.ok(await page.evaluate(() => globalThis.kept), "the page was loaded again");
  await second.stop();
  const third = await start(stage, "-addr", addr);
  await until(page, () => diarizer.board.end && document.getElementById("link").dataset.state === "ended");
  await third.stop();
  assert.deepEqual(page.problems, []);
});

test("a meeting of three hours and 3,000 turns", async (t) => {
  const server = await start(stage, "-turns", "3000", "-speakers", "9", "-until", "0.999", "-speed", "1");
  const page = await open(browser, server.url);
  await until(page, () => diarizer.board.turns.length >= 3000);
  const seconds = await page.evaluate(() => diarizer.board.time);
  assert.ok(seconds > 3 * 3600, `${seconds} s`);
  // Scroll through the stream frame by frame, close up and from afar.
  const run = (spans) => page.evaluate(async (span) => {
    const { lanes, board } = diarizer;
    if (span === 0) lanes.all();
    else lanes.zoom(span / lanes.span);
    const frame = () => new Promise(requestAnimationFrame);
    await frame();
    const took = [];
    const apart = [];
    let most = 0;
    let painted = 0;
    let wrong = 0;
    let last = performance.now();
    for (let i = 0; i < 90; i++) {
      if (span !== 0) lanes.goTo((board.time * (i + 0.5)) / 90);
      lanes.onFollow();
      await frame();
      const now = performance.now();
      apart.push(now - last);
      last = now;
      took.push(lanes.frames.at(-1));
      most = Math.max(most, lanes.drawn);
      painted = Math.max(painted, lanes.painted);
      if (lanes.drawn !== board.turns.filter((u) => u.end > lanes.left() && u.start < lanes.end).length) wrong++;
    }
    const sorted = (list) => list.sort((a, b) => a - b);
    const at = (list, part) => list[Math.floor(part * (list.length - 1))].toFixed(1);
    sorted(took);
    sorted(apart);
    return { most, wrong, painted, pixels: lanes.rows.length * lanes.canvas.clientWidth, draw: `${at(took, 0.5)} ms, 95 %: ${at(took, 0.95)} ms`, frame: `${at(apart, 0.5)} ms, 95 %: ${at(apart, 0.95)} ms` };
  }, spans);
  const near = await run(60);
  const far = await run(0);
  for (const [name, r] of Object.entries({ "60 s": near, all: far })) {
    t.diagnostic(`${name}: up to ${r.most} turns, ${r.painted} strokes; drawing ${r.draw}; between frames ${r.frame}`);
    assert.equal(r.wrong, 0, `${name}: turns were drawn that are not seen, or the other way round`);
  }
  assert.ok(near.most > 0 && near.most < 60, `${near.most} turns drawn for a minute`);
  assert.ok(far.most >= 3000);
  assert.ok(far.painted <= far.pixels, `${far.painted} strokes for ${far.pixels} pixels of lanes`);
  // The stream is over: without news nothing is drawn.
  await until(page, () => diarizer.board.end);
  await page.waitForTimeout(3500);
  const idle = await page.evaluate(async () => {
    const n = diarizer.lanes.frames.length;
    await new Promise((resolve) => setTimeout(resolve, 500));
    return diarizer.lanes.frames.length - n;
  });
  assert.equal(idle, 0, "it draws though nothing changes");
  assert.deepEqual(page.problems, []);
  await server.stop();
});

test("the picture has the structure of the meeting, in every size and scheme", async () => {
  const server = await start(stage, "-turns", "90", "-speakers", "9", "-seed", "3");
  for (const [name, width, height] of [["phone", 390, 844], ["laptop", 1280, 800], ["wall", 1920, 1080]]) {
    for (const colorScheme of ["light", "dark"]) {
      const page = await open(browser, server.url, { viewport: { width, height }, colorScheme });
      await until(page, () => document.querySelectorAll("#people .person").length === 9 && diarizer.lanes.frames.length > 0);
      await page.locator("#zoom-fit").click();
      const seen = await page.evaluate(async () => {
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        const { lanes, board } = diarizer;
        const ratio = lanes.canvas.width / lanes.canvas.clientWidth;
        const { colour, round } = await import("./text.js");
        const ctx = lanes.canvas.getContext("2d");
        let checked = 0;
        const wrong = [];
        board.turns.forEach((t) => {
          const row = lanes.rows.indexOf(t.speaker);
          const b = lanes.box(t.start, t.end, row);
          const covered = board.gaps.some((g) => g.start < t.end && g.end > t.start);
          if (b.width < 6 || b.x < 0 || covered || round(t.speaker) > 0 || t.state === "provisional") return;
          const p = ctx.getImageData(Math.round((b.x + b.width / 2) * ratio), Math.round((b.y + b.height / 2) * ratio), 1, 1).data;
          const got = "#" + [...p.slice(0, 3)].map((v) => v.toString(16).padStart(2, "0")).join("");
          checked++;
          if (got !== colour(t.speaker)) wrong.push(`${t.id} of ${t.speaker} is ${got}`);
        });
        const luminance = (c) => {
          const v = c.match(/\w\w/g).map((h) => parseInt(h, 16) / 255).map((x) => (x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
          return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2];
        };
        const style = getComputedStyle(document.documentElement);
        const read = (n) => luminance(style.getPropertyValue(n).trim().slice(1));
        const contrast = (a, b) => (Math.max(read(a), read(b)) + 0.05) / (Math.min(read(a), read(b)) + 0.05);
        return {
          checked, wrong,
          wide: document.documentElement.scrollWidth - innerWidth,
          contrast: Math.min(...["--ink", "--soft", "--accent", "--warn", "--good"].flatMap((c) => [contrast(c, "--card"), contrast(c, "--back")])),
          rows: [...document.querySelectorAll("#people .person")].map((e) => e.getBoundingClientRect().top - lanes.canvas.getBoundingClientRect().top),
          lane: lanes.laneHeight,
        };
      });
      const where = `${name}, ${colorScheme}`;
      assert.deepEqual(seen.wrong, [], where);
      assert.ok(seen.checked >= (name === "phone" ? 3 : 15), `${where}: ${seen.checked} turns looked at`);
      assert.ok(seen.wide <= 0, `${where}: ${seen.wide} pixels too wide`);
      assert.ok(seen.contrast >= 4.5, `${where}: contrast ${seen.contrast}`);
      seen.rows.forEach((top, i) => assert.ok(Math.abs(top - 30 - i * seen.lane) < 1.5, `${where}: row ${i} at ${top}, its lane at ${30 + i * seen.lane}`));
      assert.deepEqual(page.problems, [], where);
      await page.context().close();
    }
  }
  // What a screen reader finds.
  const page = await open(browser, server.url);
  await until(page, () => document.querySelectorAll("#people .person").length === 9);
  const aria = await page.locator("body").ariaSnapshot();
  for (const part of [/heading "Speaking now" \[level=1\]/, /heading "Who spoke when"/, /list "Speakers"/, /button "Ada: \d+.% of the talk time, \d+.turns\."/,
    /img "Timeline of 9.speakers: Ada/, /meter "Level"/, /combobox "Stream"/, /button "Show less"/, /status/]) {
    assert.match(aria, part);
  }
  // By keyboard: the dialog opens, closes, and gives the focus back.
  await page.keyboard.press("1");
  assert.equal(await page.locator("dialog[open]").count(), 1);
  assert.equal(await page.locator("#who-note").isVisible(), true);
  assert.match(await page.locator("#who-note").textContent(), /Everybody who watches/);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("dialog[open]").count(), 0);
  await until(page, () => document.activeElement.tagName !== "INPUT"); // in which "?" would be text
  await page.keyboard.press("?");
  assert.equal(await page.locator("#keys").isVisible(), true);
  assert.match(await page.locator("#keys").textContent(), /undo the last correction/);
  await page.keyboard.press("Escape");
  await page.locator("#lanes").focus();
  const end = await page.evaluate(() => diarizer.lanes.end);
  await page.keyboard.press("ArrowLeft");
  await until(page, (e) => diarizer.lanes.end < e && document.getElementById("live").getAttribute("aria-pressed") === "false", end);
  await page.keyboard.press("End");
  await until(page, () => diarizer.lanes.follow);
  // By mouse: a turn has a tip, the lanes are dragged, and a click on the overview jumps.
  await until(page, () => diarizer.lanes.frames.length > 0);
  const turn = await page.evaluate(() => {
    const { lanes, board } = diarizer;
    const t = board.turns.findLast((u) => lanes.rows.includes(u.speaker) && lanes.box(u.start, u.end, lanes.rows.indexOf(u.speaker)).width > 8);
    const b = lanes.box(t.start, t.end, lanes.rows.indexOf(t.speaker));
    const at = lanes.canvas.getBoundingClientRect();
    return { x: at.left + b.x + b.width / 2, y: at.top + b.y + b.height / 2, name: board.name(t.speaker) };
  });
  await page.mouse.move(turn.x, turn.y);
  assert.match(await page.locator("#tip").textContent(), new RegExp(`^${turn.name}\\n\\d\\d:\\d\\d`));
  const edge = await page.evaluate(() => diarizer.lanes.end);
  await page.mouse.down();
  await page.mouse.move(turn.x + 120, turn.y, { steps: 4 });
  await page.mouse.up();
  await until(page, (e) => diarizer.lanes.end < e && !diarizer.lanes.follow, edge);
  await page.locator("#overview").click({ position: { x: 5, y: 10 } });
  await until(page, () => diarizer.lanes.left() <= 1);
  await page.mouse.move(turn.x, turn.y);
  const span = await page.evaluate(() => diarizer.lanes.span);
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -200);
  await page.keyboard.up("Control");
  await until(page, (s) => diarizer.lanes.span < s, span);
  assert.deepEqual(page.problems, []);
  await server.stop();
});

test("a host names people after the end, where their names stand, and takes the files", async () => {
  const done = await start(bin, "run", "--model", "light", "--http", "127.0.0.1:0", recording);
  const page = await open(browser, done.url);
  await done.found(/(the page stays at)/);
  await until(page, () => diarizer.board.end && document.querySelectorAll("#turns li").length > 5);
  // Figures are shown on request.
  assert.equal(await page.locator("#latency").isVisible(), false);
  await page.locator("#figures").click();
  assert.equal(await page.locator("#latency").isVisible(), true);
  await page.locator("#figures").click();
  assert.match(await page.locator("#wall").textContent(), /\d\d/);
  assert.equal(await page.locator(".hint").isVisible(), true);
  // The recording is played from any turn, and in the dialog about a speaker.
  await until(page, () => !document.getElementById("player").hidden && document.querySelector("#turns button.at"));
  const from = await page.evaluate(() => diarizer.board.turns.at(-2).start);
  await page.locator("#turns button.at").nth(1).click();
  await until(page, (t) => { const p = document.getElementById("player"); return !p.paused && p.currentTime >= t && p.currentTime < t + 10; }, from);
  await page.keyboard.press("2");
  await page.locator("#who-hear").click();
  await until(page, () => {
    const long = diarizer.board.turns.filter((t) => t.speaker === "S2").reduce((a, b) => (b.end - b.start > a.end - a.start ? b : a));
    const p = document.getElementById("player");
    return p.currentTime >= long.start && p.currentTime < long.end + 1;
  });
  await page.keyboard.press("Escape");
  // A name among the turns can be clicked.
  await page.locator("#turns .asks", { hasText: /^S1$/ }).first().click();
  await page.locator("#who-name").fill("Ada");
  await page.keyboard.press("Enter");
  await until(page, () => [...document.querySelectorAll("#turns .what")].some((e) => e.textContent === "Ada"));
  // A moment is marked, with a note.
  await page.keyboard.press("m");
  await page.locator("#note-text").fill("decided: ship it");
  await page.keyboard.press("Enter");
  await until(page, () => document.getElementById("log").textContent.includes("Marked: decided: ship it") && diarizer.board.marks.length === 1);
  const marked = await (await fetch(`${done.url}download?stream=demo&format=json`)).json();
  assert.equal(marked.streams[0].marks[0].text, "decided: ship it");
  for (const format of ["rttm", "vtt", "srt", "csv", "eaf", "json", "html"]) {
    const [file] = await Promise.all([page.waitForEvent("download"), page.locator(`#save a[data-format=${format}]`).click()]);
    assert.equal(file.suggestedFilename(), `demo.${format}`);
    assert.match(readFileSync(await file.path(), "utf8"), /Ada/, format);
  }
  assert.deepEqual(page.problems, []);
  await done.stop();
});
