// The connection to the server, which comes back by itself.

const silence = 25000; // without a word from the server for so long, connect anew, in ms

export class Link {
  /**
   * query says what to ask for at each connection; on has a function for each
   * kind of message; show is told the state of the connection.
   */
  constructor({ query, on, show }) {
    Object.assign(this, { query, on, show });
    this.source = null;
    this.heardAt = 0; // when the server last said something
    setInterval(() => {
      if (this.source && this.source.readyState !== EventSource.CLOSED && performance.now() - this.heardAt > silence) this.connect();
    }, 5000);
  }

  /** connect opens the connection, where the page has been or from the beginning. */
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
      // nobody is there: the next attempt finds out
    }
    this.connect();
  }
}
