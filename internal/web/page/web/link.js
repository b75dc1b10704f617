// The connection to the server, which comes back by itself.

const silence = 25000; // ms without a message of the server after which to connect again

export class Link {
  /**
   * query returns what to ask for at each connection. on has a function for each kind of message.
   * show is called with the state of the connection.
   */
  constructor({ query, on, show }) {
    Object.assign(this, { query, on, show });
    this.source = null;
    this.heardAt = 0; // when the latest message came
    setInterval(() => {
      if (this.source && this.source.readyState !== EventSource.CLOSED && performance.now() - this.heardAt > silence) this.connect();
    }, 5000);
  }

  /** connect opens the connection. Messages go on after the last one, or begin at the beginning. */
  connect() {
    this.source?.close();
    clearTimeout(this.timer);
    const source = (this.source = new EventSource(`events?${this.query()}`));
    this.heardAt = performance.now();
    for (const [name, handle] of Object.entries(this.on)) {
      source.addEventListener(name, (e) => {
        this.heardAt = performance.now();
        this.show("live");
        handle(JSON.parse(e.data));
      });
    }
    source.onopen = () => this.show("live");
    source.onerror = () => {
      this.show("lost");
      if (source.readyState === EventSource.CLOSED) this.timer = setTimeout(() => this.refused(), 2000);
    };
  }

  /** refused finds out why the server does not answer, and tries again. */
  async refused() {
    try {
      const answer = await fetch("./", { method: "HEAD" });
      if (answer.status === 401 || answer.status === 403) {
        this.show("refused");
        this.timer = setTimeout(() => this.refused(), 10000);
        return;
      }
    } catch {
      // no server is there: the next attempt finds out
    }
    this.connect();
  }
}
