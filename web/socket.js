// socket.js: the WebSocket, kept open. After a loss it comes back by itself, each
// time a little later and never at the same moment as everybody else.

const HEART_MS = 60000;
const RETRY_MIN_MS = 1000;
const RETRY_MAX_MS = 30000;
const STABLE_MS = 10000; // open so long, it counts as well

// Events: 'open', 'frame' (detail: the parsed object), 'down' (detail: whether it had been open).
export class Socket extends EventTarget {
  #socket = null;
  #timer = 0;
  #heart = 0;
  #beat = 0;
  #openedAt = 0;
  #tries = 0;
  #wanted = false;

  constructor(session) {
    super();
    this.session = session;
    this.wake = () => this.#wanted && !this.#socket && this.#connect();
    this.offline = () => this.#socket && this.#lost(this.#socket);
  }

  start() {
    this.#wanted = true;
    addEventListener('online', this.wake);
    addEventListener('offline', this.offline);
    this.#connect();
  }

  stop() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    removeEventListener('online', this.wake);
    removeEventListener('offline', this.offline);
    this.#socket?.close(1000);
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  // false: not open, nothing was sent.
  send(frame) {
    if (!this.isOpen) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #connect() {
    clearTimeout(this.#timer);
    const { email, token } = this.session;
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const query = `email=${encodeURIComponent(email)}&token=${encodeURIComponent(token)}`;
    const socket = new WebSocket(`${scheme}//${location.host}/chat?${query}`);
    this.#socket = socket;
    this.#openedAt = 0;
    socket.onopen = () => {
      this.#openedAt = this.#beat = Date.now();
      this.#heart = setInterval(() => this.#heartbeat(), HEART_MS);
      this.dispatchEvent(new Event('open'));
    };
    socket.onmessage = (event) => this.#message(event.data);
    socket.onclose = () => this.#lost(socket);
  }

  // Called by the browser, or by us for a connection that no longer answers.
  #lost(socket) {
    if (socket !== this.#socket) return;
    clearInterval(this.#heart);
    this.#socket = null;
    socket.onmessage = null;
    socket.close();
    const wasOpen = this.#openedAt > 0;
    if (wasOpen && Date.now() - this.#openedAt > STABLE_MS) this.#tries = 0;
    if (!this.#wanted) return;
    this.#retry();
    this.dispatchEvent(new CustomEvent('down', { detail: wasOpen }));
  }

  #retry() {
    const most = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** this.#tries);
    this.#tries = Math.min(this.#tries + 1, 10);
    this.#timer = setTimeout(() => this.#connect(), most / 2 + (Math.random() * most) / 2);
  }

  #heartbeat() {
    // A machine that slept finds its connection dead, and nothing that says so.
    const slept = Date.now() - this.#beat > 2.5 * HEART_MS;
    this.#beat = Date.now();
    if (slept) this.#lost(this.#socket);
    else this.send({ userEmail: this.session.email, cmd: 0, content: '💓' });
  }

  #message(text) {
    let frame = null;
    try {
      frame = JSON.parse(text);
    } catch {
      return; // not ours to understand
    }
    if (frame !== null && typeof frame === 'object') this.dispatchEvent(new CustomEvent('frame', { detail: frame }));
  }
}
