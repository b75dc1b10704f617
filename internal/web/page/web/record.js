// Record here: the microphone of this device, in numbered packets, over a WebSocket.
// Packets that the server has not acknowledged are kept and sent again.

import { forget, hold, note } from "./unfinished.js";

const kept = 300; // seconds of sound that are kept while the server is away
const most = 1 << 20; // bytes that wait in the browser for the network
const asleep = 0.5; // seconds by which the wall clock is ahead of the sound after the device was asleep
const away = 3600 * 1000; // ms after which the page resumes the stream, and no longer comes back to the recording
const silence = 25000; // ms without a message of the server after which to connect again; it sends one every ten seconds
const answerWithin = 10000; // ms for the server to say why it takes no connection
const within = 30000; // ms for the last packets to arrive after recording was stopped

/** refusal is the reason why this page gets no microphone, or nothing. */
export function refusal() {
  if (navigator.mediaDevices?.getUserMedia && globalThis.AudioWorkletNode) return "";
  if (!globalThis.isSecureContext) return "Browsers give a page the microphone only on localhost or over HTTPS: start diarizer with --tls-self-signed or --tls-cert.";
  return "This browser cannot record.";
}

/** joinable reports whether other devices record a stream, so that this device can join them. */
export async function joinable(stream) {
  try {
    return (await fetch(live({ stream, join: true }))).status === 426;
  } catch {
    return false; // the server is away
  }
}

/**
 * resumable reports whether a recording that was left unfinished can be continued; null is for
 * later, when the server is there.
 */
export async function resumable(left) {
  try {
    for (const query of [{ session: left.session, stream: left.stream }, { stream: left.stream, resume: true }]) {
      const { status } = await fetch(live(query));
      if (status !== 404) return status === 426 || null;
    }
    return false;
  } catch {
    return null;
  }
}

/** live is the address of the server's WebSocket, as HTTP. */
function live(query) {
  const url = new URL(`v1/live?${new URLSearchParams(query)}`, location.href);
  url.hash = "";
  return url;
}

/** reason is what an answer says about a refusal. */
async function reason(answer) {
  const text = await answer.text();
  try {
    return JSON.parse(text).error;
  } catch {
    return text; // the answer is plain text
  }
}

export class Recorder {
  /** show is called when something has changed, and tell with a message for people. */
  constructor({ show, tell }) {
    Object.assign(this, { show, tell });
    this.state = "off"; // off, asking, recording, ending
    this.connected = false;
  }

  /**
   * start asks for the microphone and records. how is "new" for a stream of its own, "join" for a
   * stream that other devices record, or "resume" for going on with the recording left, which was
   * left unfinished. It throws the browser's error.
   */
  async start(stream, name, how = "new", left = null) {
    Object.assign(this, { stream, name, how, left, state: "asking", stopped: false, context: null, ws: null, session: "", run: "", after: 0, begun: null, noted: 0, packets: [], seq: 0, sent: 0, base: { seq: 0, position: 0 },
      position: 0, offset: 0, last: null, lost: 0, notices: 0, delay: 250 });
    this.show();
    try {
      // Unprocessed: processing that makes speech pleasant makes voices alike.
      this.media = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
      this.context = new AudioContext();
      await this.context.audioWorklet.addModule("microphone.js");
      this.node = new AudioWorkletNode(this.context, "microphone", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
      this.node.port.onmessage = ({ data }) => this.packet(data);
      await this.context.resume();
    } catch (e) {
      this.release();
      this.state = "off";
      this.show();
      throw e;
    }
    this.state = "recording";
    this.letGo = hold(stream);
    this.watch = setInterval(() => this.listen(), 1000);
    if (left?.rate === this.rate && Date.now() - left.at < away) this.session = left.session;
    else this.left = null;
    this.taken = this.session !== ""; // whether the server has ever taken this recording
    this.locked = false; // whether people were told that the server asks for another token
    const [track] = this.media.getAudioTracks();
    track.addEventListener("ended", () => {
      this.tell("The microphone is gone: the recording ends.", true);
      this.stop();
    });
    track.addEventListener("mute", () => this.tell("Another program has the microphone: nothing is heard until that program releases it.", true));
    track.addEventListener("unmute", () => this.tell("The microphone is back."));
    this.context.addEventListener("statechange", () => this.wake());
    this.visible = () => this.wake();
    document.addEventListener("visibilitychange", this.visible);
    this.context.createMediaStreamSource(this.media).connect(this.node);
    this.wake();
    this.connect();
    this.show();
  }

  get rate() { return this.context?.sampleRate ?? 1; }

  /** seconds is how much has been recorded, and behind how much of that is not acknowledged. */
  get seconds() { return this.position / this.rate; }
  get behind() { return this.packets.reduce((n, p) => n + p.samples.length, 0) / this.rate; }

  /** wake goes on with a recording that a phone or a browser has put to sleep. */
  wake() {
    if (this.state !== "recording") return;
    if (this.context.state !== "running" && this.context.state !== "closed") this.context.resume().catch(() => {}); // tried again when the page is visible
    if (document.visibilityState === "visible" && navigator.wakeLock && !this.lock) {
      this.lock = true;
      navigator.wakeLock.request("screen").then((lock) => {
        this.lock = lock;
        lock.addEventListener("release", () => (this.lock = null));
      }, () => (this.lock = null)); // recording goes on with a dark screen
    }
  }

  /** packet keeps a packet of the microphone and sends it. */
  packet({ frame, wall, samples }) {
    if (this.ended) return; // the server was told that the packet before was the last one
    if (this.last) {
      const slept = (wall - this.last.wall) / 1000 - (frame + samples.length - this.last.end) / this.rate;
      if (slept > asleep) {
        this.offset += Math.round(slept * this.rate);
        this.tell(`Nothing was heard for ${Math.round(slept)} s: the device was asleep.`, true);
      }
    } else this.offset = -frame;
    this.last = { wall, end: frame + samples.length };
    const position = frame + this.offset;
    this.packets.push({ seq: ++this.seq, position, samples });
    this.position = position + samples.length;
    while (this.behind > kept) {
      const p = this.packets.shift();
      if (this.lost === 0) this.tell(`The server has acknowledged nothing for ${kept / 60} minutes: the oldest sound is given up.`, true);
      this.lost += p.samples.length;
      this.sent = Math.max(this.sent, p.seq);
    }
    this.pump();
    if (this.session && wall - this.noted > 1000) {
      this.noted = wall;
      if (!this.left) note({ stream: this.stream, name: this.name, session: this.session, rate: this.rate, began: wall - ((this.position - this.base.position) / this.rate) * 1000 });
    }
    this.show();
  }

  /** began returns the time of day at which a position was recorded, in ms. */
  began(position) { return this.last.wall - ((this.position - position) / this.rate) * 1000; }

  /**
   * catchUp places this page's sound in a session that another page has left: after the sound that the
   * server has, and as much later as the time that has passed since.
   */
  catchUp() {
    const at = Math.max(this.begun.position, Math.round(((this.began(0) - this.left.began) / 1000) * this.rate));
    this.base = { seq: 1 - this.begun.next, position: -at };
    this.sent = 0;
    this.left = null;
    const missed = Math.round((at - this.begun.position) / this.rate);
    this.tell(missed > 0 ? `Going on with ${this.name}: ${missed} s were missed.` : `Going on with ${this.name}.`);
  }

  /** pump sends the packets that there is room for. */
  pump() {
    const ws = this.ws;
    if (!this.connected || ws.readyState !== WebSocket.OPEN) return; // a socket that is closing reports its end only later
    if (this.left && this.packets.length > 0) this.catchUp();
    for (const p of this.packets) {
      if (p.seq <= this.sent) continue;
      if (ws.bufferedAmount > most) return; // the next acknowledgement calls pump again
      const message = new DataView(new ArrayBuffer(16 + 2 * p.samples.length));
      message.setBigUint64(0, BigInt(p.seq - this.base.seq), true);
      message.setBigInt64(8, BigInt(p.position - this.base.position), true);
      for (let i = 0; i < p.samples.length; i++) message.setInt16(16 + 2 * i, p.samples[i], true);
      ws.send(message.buffer);
      this.sent = p.seq;
    }
    if (this.state === "ending" && !this.ended) {
      ws.send(JSON.stringify({ type: "end" }));
      this.ended = true;
    }
  }

  /** address is the address of a new recording, or of the one that goes on. */
  address() {
    if (this.session) return live({ framing: "numbered", session: this.session, stream: this.stream, after: this.after, ...(this.run && { run: this.run }) });
    const query = { framing: "numbered", stream: this.stream, name: this.name, encoding: "s16le", rate: this.rate, channels: 1 };
    if (this.how === "join") query.join = true;
    if (this.how === "resume") Object.assign(query, { resume: true, ago: this.last ? Math.max(0, Math.round(Date.now() - this.began(this.base.position))) : 0 });
    return live(query);
  }

  /** connect opens a connection. */
  connect() {
    const url = this.address();
    url.protocol = url.protocol.replace("http", "ws");
    const ws = (this.ws = new WebSocket(url));
    this.ended = false;
    this.heardAt = performance.now();
    ws.onmessage = (e) => {
      if (ws !== this.ws) return;
      this.heardAt = performance.now();
      this.hear(JSON.parse(e.data));
    };
    ws.onclose = (e) => ws === this.ws && this.lose(e);
  }

  /** listen gives up a connection that has gone silent, as one does whose network is gone. */
  listen() {
    const ws = this.ws;
    if (!ws || ws.readyState > WebSocket.OPEN || performance.now() - this.heardAt < silence) return;
    ws.onmessage = ws.onclose = null; // its end comes late, as nobody answers
    ws.close();
    this.lose({ code: 1006 });
  }

  /** hear handles a message of the server. */
  hear(m) {
    switch (m.type) {
      case "begun":
        this.session = m.session;
        this.taken = true;
        this.locked = false;
        this.delay = 250;
        this.begun = m;
        this.sent = m.next - 1 + this.base.seq; // what was taken and is not acknowledged is kept
        this.connected = true;
        this.pump();
        break;
      case "ack":
        this.drop(m.seq + this.base.seq);
        this.pump();
        break;
      case "event":
        this.after = m.event.seq;
        this.run = m.event.run;
        return;
      case "notice":
        this.tell(m.text, true);
        break;
      case "refused":
        this.tell(`The server refused the sound: ${m.error}`, true);
        this.finish();
        break;
      case "ended":
        if (m.error) this.tell(`The recording has failed: ${m.error}`, true);
        if (this.left && !this.stopped && !m.error) { // a page that is closed may end its recording
          this.connected = false;
          this.again(); // the server closes the connection, and lose opens another one
        } else this.finish();
        break;
    }
    this.show();
  }

  /** drop forgets the packets that the server has. */
  drop(seq) {
    while (this.packets.length > 0 && this.packets[0].seq <= seq) this.packets.shift();
  }

  /** lose connects again after a lost connection, or finds out why that is not possible. */
  async lose(e) {
    this.connected = false;
    if (this.state === "off") return;
    if (e.code === 4001) {
      this.tell("Another page goes on with this recording.", true);
      return this.finish();
    }
    this.show();
    const wait = this.delay;
    this.delay = Math.min(5000, 2 * this.delay);
    await new Promise((resolve) => setTimeout(resolve, wait));
    const giveUp = new AbortController(); // AbortSignal.timeout is not in browsers of 2022
    const timer = setTimeout(() => giveUp.abort(), answerWithin);
    try {
      const answer = await fetch(this.address(), { signal: giveUp.signal }); // HTTP tells the reason, a WebSocket does not
      if (this.state === "off") return;
      if (answer.status === 404) this.again();
      else if (answer.status !== 426 && !this.later(answer.status)) {
        this.tell(`The server does not take the recording: ${await reason(answer)}`, true);
        return this.finish();
      }
    } catch {
      // the server is away: the sound is kept
    } finally {
      clearTimeout(timer);
    }
    if (this.state !== "off") this.connect();
  }

  /** later reports whether the server may take the recording later, although it has answered with a status. */
  later(status) {
    if (status === 502 || status === 504) return true; // a proxy says that the server is away
    if (status === 409) { // the devices that record the stream are stopping just now, or another one has begun it again
      if (this.taken) this.how = "resume";
      return this.how !== "new";
    }
    if (!this.taken) return false;
    if (status === 401 && !this.locked) { // a server that has started again may have another token
      this.locked = true;
      this.tell("The server asks for another token: open the address that it has printed in another tab, and the recording goes on. The sound is kept.", true);
    }
    return status === 401 || status === 429 || status >= 500;
  }

  /**
   * again goes on after the server has ended the recording: together with the devices that still
   * record the stream, or with what is kept of it, or as a new recording where nothing is kept.
   */
  again() {
    if (!this.session) {
      this.how = "new";
      return;
    }
    this.how = "resume";
    this.session = this.run = "";
    this.after = 0;
    this.left = null;
    const first = this.packets[0];
    this.base = { seq: first ? first.seq - 1 : this.seq, position: first ? first.position : this.position };
    this.sent = this.base.seq;
    this.tell("The server had ended the recording: it goes on.", true);
  }

  /** stop ends the recording when all of it has arrived, or after some time. */
  stop() {
    if (this.state !== "recording") return;
    this.state = "ending";
    this.stopped = true;
    this.release();
    this.pump();
    this.timer = setTimeout(() => this.finish(), within);
    this.show();
  }

  finish() {
    if (this.state === "off") return;
    const seconds = this.behind + this.lost / this.rate;
    this.state = "off";
    this.connected = false;
    clearTimeout(this.timer);
    clearInterval(this.watch);
    this.release();
    this.ws?.close();
    if (this.stopped) forget(this.stream);
    this.letGo?.();
    if (seconds > 0) this.tell(`${seconds.toFixed(1)} s of the recording did not arrive.`, true);
    this.show();
  }

  /** release gives the microphone back. */
  release() {
    if (this.visible) document.removeEventListener("visibilitychange", this.visible);
    for (const track of this.media?.getTracks() ?? []) track.stop();
    if (this.context && this.context.state !== "closed") this.context.close();
    if (this.lock?.release) this.lock.release();
    this.lock = null;
  }
}
