// A recording through a reverse proxy, which answers while the server is away.

import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { mkdtempSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bin, heard, killAll, listen, missing, open, overhear, start, until } from "./harness.mjs";

const dir = mkdtempSync(join(tmpdir(), "diarizer-"));
let browser, proxy;

before(async () => {
  browser = await listen(join(dir, "microphone.wav"), 9);
  proxy = await between();
});
after(async () => {
  killAll();
  await browser?.close();
  proxy?.close();
});

/**
 * between starts a proxy of the server at its port. Where it has answers, it is the one who answers, with
 * these statuses. It keeps the statuses of all answers to the question why there is no WebSocket.
 */
async function between() {
  const own = { port: 0, answers: [], asked: [] };
  const asks = (r) => r.url.includes("v1/live") && !r.headers.upgrade;
  /** next is the status of the proxy's own answer, if any. Each question gets another one. */
  const next = (r) => (own.answers.length > 1 && asks(r) ? own.answers.shift() : own.answers[0]);
  const server = createServer((r, w) => {
    const tell = (status, headers) => {
      if (asks(r)) own.asked.push(status);
      w.writeHead(status, headers);
    };
    const status = next(r);
    if (status) {
      tell(status);
      return w.end("the proxy's own page");
    }
    const on = request({ port: own.port, host: "127.0.0.1", method: r.method, path: r.url, headers: r.headers }, (answer) => {
      tell(answer.statusCode, answer.headers);
      answer.pipe(w);
    });
    on.on("error", () => w.destroy());
    w.on("close", () => on.destroy());
    r.pipe(on);
  });
  server.on("upgrade", (r, socket, head) => {
    const status = next(r);
    if (status) return socket.end(`HTTP/1.1 ${status} Away\r\nContent-Length: 0\r\n\r\n`);
    const on = connect(own.port, "127.0.0.1", () => {
      on.write(`${r.method} ${r.url} HTTP/1.1\r\n${r.rawHeaders.map((h, i) => (i % 2 ? `${h}\r\n` : `${h}: `)).join("")}\r\n`);
      on.write(head);
      socket.pipe(on).pipe(socket);
    });
    for (const [one, other] of [[on, socket], [socket, on]]) one.on("error", () => other.destroy()).on("close", () => other.destroy());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  own.url = `http://127.0.0.1:${server.address().port}/`;
  own.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return own;
}

/** behind starts a server behind the proxy, with a token. */
async function behind(token, port = 0) {
  const web = await start(bin, "web", "--model", "light", "--http", `127.0.0.1:${port}`, "--http-token", token);
  proxy.port = Number(new URL(web.url).port);
  return web;
}

/** recorder opens the page, whose recorder asks a server that is away often, and returns it. */
async function recorder(token) {
  const page = await open(browser, `${proxy.url}?token=${token}`, { permissions: ["microphone"] });
  await until(page, () => globalThis.diarizer?.recorder);
  await overhear(page);
  await page.evaluate(() => {
    const { tell } = diarizer.recorder;
    globalThis.said = [];
    diarizer.recorder.tell = (text, bad) => (said.push(text), tell(text, bad));
    Object.defineProperty(diarizer.recorder, "delay", { get: () => 250, set() {} });
  });
  return page;
}

/** record records until the server has some sound. */
async function record(page, name) {
  await page.locator("#record").click();
  await page.locator("#mic-name").fill(name);
  await page.keyboard.press("Enter");
  await until(page, () => diarizer.recorder.connected && diarizer.recorder.seconds > 2);
  return page.evaluate(() => ({ stream: diarizer.recorder.stream, session: diarizer.recorder.session }));
}

/** asked waits until the page has asked so often, and goes on recording. */
async function asked(page, times) {
  while (proxy.asked.length < times) {
    assert.equal(await page.evaluate(() => diarizer.recorder.state), "recording", `after ${proxy.asked}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** problems are those of a page, without what the browser says of a WebSocket that it does not get. */
const problems = (page) => page.problems.filter((p) => !/^WebSocket connection to/.test(p));

test("a recording outlasts the answers of a proxy, and another token", async () => {
  let web = await behind("the-first-token-of-it");
  const page = await recorder("the-first-token-of-it");
  const before = await record(page, "Stand-up");

  // The server is killed. The proxy says so in all ways that there are.
  const ways = [502, 504, 503, 500, 429];
  proxy.answers = [...ways];
  await web.kill();
  await asked(page, ways.length);

  // The server starts again with another token, which is asked for until another tab has brought it.
  web = await behind("the-other-token-of-it", proxy.port);
  proxy.answers = [];
  proxy.asked = [];
  await asked(page, 3);
  assert.equal(proxy.asked[2], 401);
  const other = await page.context().newPage();
  await other.goto(`${proxy.url}?token=the-other-token-of-it`);
  await until(page, () => diarizer.recorder.connected);
  assert.deepEqual(await page.evaluate(() => ({ stream: diarizer.recorder.stream, session: diarizer.recorder.session })), before);
  await other.close();

  // All that was kept arrives.
  await page.locator("#record").click();
  await until(page, () => diarizer.recorder.state === "off" && diarizer.board.end);
  assert.equal(await page.evaluate(() => diarizer.recorder.lost), 0);
  const { rate, holes } = await heard(page);
  const more = (await missing(page)) - holes / rate;
  assert.ok(Math.abs(more) < 0.1, `${more} s more are missing than the page had not`);
  const said = await page.evaluate(() => globalThis.said);
  assert.equal(said.filter((text) => /another token/.test(text)).length, 1, said.join("\n"));
  assert.equal(said.filter((text) => /did not arrive|given up/.test(text)).length, 0, said.join("\n"));
  assert.deepEqual(problems(page), []);
  await page.close();
  await web.stop();
});

test("a recording that begins anew outlasts a server that is full", async () => {
  const web = await behind("the-other-token-of-it");
  const page = await recorder("the-other-token-of-it");
  const before = await record(page, "Retro");
  // Its session is over, so is its stream, and another device begins the stream.
  const ways = [404, 503, 404, 503, 409, 502];
  proxy.asked = [];
  proxy.answers = [...ways];
  await page.evaluate(() => diarizer.recorder.ws.close(4000));
  await asked(page, ways.length);
  proxy.answers = [];
  await until(page, () => diarizer.recorder.connected);
  const now = await page.evaluate(() => ({ stream: diarizer.recorder.stream, session: diarizer.recorder.session }));
  assert.equal(now.stream, before.stream);
  assert.notEqual(now.session, before.session);
  assert.equal(await page.evaluate(() => diarizer.recorder.lost), 0);
  await page.locator("#record").click();
  await until(page, () => diarizer.recorder.state === "off");
  assert.deepEqual(problems(page), []);
  await page.close();
  await web.stop();
});
