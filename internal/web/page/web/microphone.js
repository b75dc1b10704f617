// The part that runs in the audio thread: it makes packets of a microphone's sound.

const packet = 0.06; // seconds of sound in a packet
const settling = 0.25; // seconds at the start in which a sound system may stumble

class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.size = Math.round(sampleRate * packet);
    this.samples = new Int16Array(this.size);
    this.filled = 0;
    this.from = 0; // the frame of the first sample
    this.begin = currentFrame + settling * sampleRate;
  }

  process([input]) {
    const sound = input[0];
    if (currentFrame < this.begin) return true;
    if (!sound) { // no input: the next sound is not adjacent
      this.flush();
      return true;
    }
    for (let i = 0; i < sound.length; i++) {
      if (this.filled === 0) this.from = currentFrame + i;
      this.samples[this.filled++] = Math.max(-32768, Math.min(32767, Math.round(sound[i] * 32768)));
      if (this.filled === this.size) this.flush();
    }
    return true;
  }

  flush() {
    if (this.filled === 0) return;
    const samples = this.samples.slice(0, this.filled);
    // The wall clock shows that the whole machine was asleep. Frames do not.
    this.port.postMessage({ frame: this.from, wall: Date.now(), samples }, [samples.buffer]);
    this.filled = 0;
  }
}

registerProcessor("microphone", Microphone);
