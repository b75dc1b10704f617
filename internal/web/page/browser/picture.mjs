// Takes the picture of the live page for the documentation: the demo in real time, with two
// named speakers.

import { bin, browse, killAll, open, recording, start, until } from "./harness.mjs";

const [file] = process.argv.slice(2);
const browser = await browse();
try {
  const replay = await start(bin, "replay", "--speed", "2", "--nats", "off", "--http", "127.0.0.1:0", recording);
  const page = await open(browser, replay.url, { viewport: { width: 1200, height: 760 }, colorScheme: "light" });
  await until(page, () => diarizer.board.time > 40);
  // The two speakers who have said most by now get names.
  const heard = await page.evaluate(() => diarizer.board.shares().filter((s) => s.speaker !== "unknown").sort((a, b) => b.talk - a.talk).map((s) => s.speaker));
  for (const [i, name] of ["Ada", "Grace"].slice(0, heard.length).entries()) {
    await page.evaluate((speaker) => diarizer.people.ask(speaker), heard[i]);
    await page.locator("#who-name").fill(name);
    await page.keyboard.press("Enter");
    await until(page, (n) => [...document.querySelectorAll("#people .name")].some((e) => e.textContent === n), name);
  }
  await page.mouse.move(600, 740);
  await page.evaluate(() => document.activeElement.blur());
  await page.locator("#zoom-fit").evaluate((b) => b.click());
  // A turn is open and provisional for some time: 1.5 s at first, and less as time goes on, so that
  // there is a picture whatever the model makes of the demo.
  await until(page, () => {
    document.getElementById("toast").hidden = true;
    const { board } = diarizer;
    const unsure = Math.max(0, ...board.speaking().filter((t) => t.state === "provisional").map((t) => t.end - t.start));
    return board.end || (board.time > 50 && unsure > Math.max(0, 1.5 - (board.time - 50) / 8));
  });
  await page.screenshot({ path: file });
  await replay.stop();
} finally {
  killAll();
  await browser.close();
}
