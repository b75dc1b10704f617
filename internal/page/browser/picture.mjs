// Takes the picture of the live page for the documentation: the demo, as it is
// spoken, two of its speakers named.

import { bin, browse, killAll, open, recording, start, until } from "./harness.mjs";

const [file] = process.argv.slice(2);
const browser = await browse();
try {
  const replay = await start(bin, "replay", "--speed", "2", "--nats", "off", "--http", "127.0.0.1:0", recording);
  const page = await open(browser, replay.url, { viewport: { width: 1200, height: 760 }, colorScheme: "light" });
  await until(page, () => diarizer.board.time > 40);
  const heard = await page.locator("#people .person").evaluateAll((rows) => rows.map((r) => r.dataset.speaker));
  for (const [i, name] of ["Ada", "Grace"].entries()) {
    await page.locator(`.person[data-speaker=${heard[i]}] > button`).click();
    await page.locator("#who-name").fill(name);
    await page.keyboard.press("Enter");
    await until(page, (n) => [...document.querySelectorAll("#people .name")].some((e) => e.textContent === n), name);
  }
  await page.mouse.move(600, 740);
  await page.evaluate(() => document.activeElement.blur());
  await page.locator("#zoom-fit").evaluate((b) => b.click());
  // Somebody has spoken for a while, which nobody is sure of yet.
  await until(page, () => {
    document.getElementById("toast").hidden = true;
    const { board } = diarizer;
    return board.time > 50 && board.speaking().some((t) => t.state === "provisional" && t.end - t.start > 1.5);
  });
  await page.screenshot({ path: file });
  await replay.stop();
} finally {
  killAll();
  await browser.close();
}
