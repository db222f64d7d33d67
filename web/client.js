// client.js: one person's session. It brings what the server says into the
// model and what the person does to the server; it knows no elements.

import { DIRECT, GROUP, TEXT } from './model.js';
import { Socket } from './socket.js';
import { entitiesDecode } from './text.js';

const PAGE = 50;
const LASTS_MAX = 60; // chats whose last message is asked for, one after the other
const PAGE_MAX = 1000; // what the server gives at most
const ECHO_MS = 15000; // a message without echo for so long was not taken

const PRESENT = 13;
const ABSENT = 14;
const ADDED = 15;
const ADDED_FRIEND = 6;

export class Client extends EventTarget {
  #waitingCount = 0;
  #asked = new Set(); // people whose names were asked for

  // Events: 'friend' (detail: email), 'joined' (detail: { email, group }): worth a word to the person.
  constructor(model, api, session) {
    super();
    this.model = model;
    this.api = api;
    this.socket = new Socket(session);
    this.socket.addEventListener('open', () => this.#opened());
    this.socket.addEventListener('down', (event) => this.#down(event.detail));
    this.socket.addEventListener('frame', (event) => this.#frame(event.detail));
    this.look = () => this.#looked();
  }

  start() {
    document.addEventListener('visibilitychange', this.look);
    this.socket.start();
    this.listsLoad();
  }

  stop() {
    document.removeEventListener('visibilitychange', this.look);
    this.socket.stop();
  }

  async listsLoad() {
    const [friends, groups] = await Promise.allSettled([this.api.friends(), this.api.groups()]);
    if (groups.status === 'fulfilled') this.model.groupsSet(groups.value);
    if (friends.status === 'fulfilled') this.model.friendsSet(friends.value);
    this.#lastsLoad();
  }

  // The last message of chats of which this browser knows none yet, for the lists.
  async #lastsLoad() {
    const { friends, groups } = this.model;
    const chats = [
      ...[...friends.keys()].map((email) => this.model.chat(DIRECT, email)),
      ...[...groups.keys()].map((id) => this.model.chat(GROUP, id)),
    ].filter((chat) => chat.last.id === 0 && !chat.lastAsked);
    for (const chat of chats.slice(0, LASTS_MAX)) {
      chat.lastAsked = true;
      try {
        const [row] = await this.#rows(chat, 1);
        if (row) this.model.lastSet(chat, messageOf(row));
        if (row && chat.kind === GROUP) this.nameNeeded(row.userEmail);
      } catch {
        return; // what is missing comes when the chat is opened
      }
    }
  }

  #rows(chat, limit) {
    return chat.kind === DIRECT ? this.api.friendMessages(chat.dst, limit) : this.api.groupMessages(chat.dst, limit);
  }

  // chat null: none.
  select(chat) {
    if (this.model.selected && this.model.selected !== chat) this.model.selected.trim(PAGE, PAGE);
    this.model.selected = chat;
    this.model.changed('selected');
    if (!chat) return;
    this.#looked();
    if (chat.kind === DIRECT) this.nameNeeded(chat.dst);
    if (!chat.loaded) this.historyLoad(chat);
  }

  earlierLoad(chat) {
    return this.historyLoad(chat, Math.min(PAGE_MAX, Math.max(PAGE, chat.messages.length * 2)));
  }

  // The newest messages, and at least as many as are shown already.
  async historyLoad(chat, limit = Math.min(PAGE_MAX, Math.max(PAGE, chat.messages.length))) {
    if (chat.loading) {
      chat.stale = true; // what is under way may be from before a loss
      return;
    }
    chat.loading = true;
    chat.stale = false;
    this.model.changed('messages', chat);
    try {
      const rows = await this.#rows(chat, limit);
      chat.complete = rows.length < limit || limit >= PAGE_MAX;
      this.#historyTake(chat, rows.map(messageOf));
    } catch {
      chat.failed = true;
    }
    chat.loading = false;
    this.model.changed('messages', chat);
    if (chat.stale) await this.historyLoad(chat);
  }

  #historyTake(chat, messages) {
    // Between what came before the page and the page there may be a hole.
    const first = messages.length > 0 ? messages[0].id : 0;
    chat.messages = chat.messages.filter((message) => message.id >= first);
    for (const message of messages) {
      if (chat.add(message) && message.from === this.model.me.email) chat.echoed(message);
      if (chat.kind === GROUP) this.nameNeeded(message.from);
    }
    chat.loaded = true;
    chat.failed = false;
    const newest = chat.messages[chat.messages.length - 1];
    if (newest) this.model.lastSet(chat, newest);
    this.#looked();
    // What was sent on a connection that broke and is not in the log was not taken.
    if (this.socket.isOpen && !chat.stale)
      for (const own of chat.waiting) if (own.state === 'lost') own.state = 'failed';
    this.#flush(chat);
  }

  // Shown at once as waiting; it becomes a message when the server echoes it.
  say(chat, type, text) {
    const own = {
      key: `waiting-${++this.#waitingCount}`,
      from: this.model.me.email,
      time: Date.now(),
      sentAfter: chat.last.id,
      type,
      text,
      state: 'queued',
    };
    chat.waiting.push(own);
    this.#flush(chat);
  }

  retry(chat, own) {
    own.state = 'queued';
    this.#flush(chat);
  }

  discard(chat, own) {
    chat.waiting = chat.waiting.filter((other) => other !== own);
    this.model.changed('messages', chat);
  }

  #flush(chat) {
    for (const own of chat.waiting) if (own.state === 'queued' && !this.#send(chat, own)) break;
    this.model.changed('messages', chat);
  }

  #send(chat, own) {
    const sent = this.socket.send({
      userEmail: own.from,
      cmd: chat.kind,
      dstObj: chat.dst,
      msgType: own.type,
      content: own.text,
      createAt: own.time,
    });
    if (!sent) return false;
    own.state = 'sent';
    setTimeout(() => {
      if (own.state !== 'sent' || !chat.waiting.includes(own)) return;
      own.state = 'failed';
      this.model.changed('messages', chat);
    }, ECHO_MS);
    return true;
  }

  // Everything may have changed while the connection was away.
  #opened() {
    const again = this.model.link === 'down';
    this.model.link = 'open';
    this.model.changed('link');
    if (again) this.listsLoad();
    for (const chat of this.model.chats.values()) {
      if (again) chat.loaded = false;
      if (chat === this.model.selected || chat.waiting.length > 0) this.historyLoad(chat);
    }
  }

  #down(wasOpen) {
    this.model.link = 'down';
    this.model.changed('link');
    for (const chat of this.model.chats.values())
      for (const own of chat.waiting) if (own.state === 'sent') own.state = 'lost';
    // The browser does not say why an upgrade failed; a call does.
    if (!wasOpen) this.api.user(this.model.me.email).catch(() => {});
  }

  #frame(frame) {
    const from = String(frame.userEmail ?? '');
    if (frame.cmd === DIRECT || frame.cmd === GROUP) this.#message(frame);
    else if (frame.cmd === PRESENT || frame.cmd === ABSENT) this.#presence(from, frame.cmd === PRESENT);
    else if (frame.cmd === ADDED) this.#added(frame, from);
  }

  #message(frame) {
    const message = messageOf(frame);
    message.text = entitiesDecode(message.text);
    const own = message.from === this.model.me.email;
    const other = frame.cmd === DIRECT && !own ? message.from : frame.dstObj;
    const chat = this.model.chat(frame.cmd, other);
    if (frame.cmd === GROUP) this.nameNeeded(message.from);
    // Of a chat that was never opened the last message is enough.
    if (chat.loaded || chat.loading) chat.add(message);
    chat.trim(2 * PAGE_MAX, PAGE_MAX);
    if (own) chat.echoed(message);
    this.model.lastSet(chat, message);
    if (this.#looksAt(chat)) this.model.readSet(chat);
    else if (!own) this.model.unreadAdd(chat, message);
    this.model.changed('messages', chat);
  }

  #presence(email, online) {
    const user = this.model.friends.get(email);
    if (!user) return;
    user.online = online ? 1 : 0;
    this.model.changed('lists');
  }

  async #added(frame, from) {
    await this.listsLoad();
    const me = this.model.me.email;
    if (frame.msgType === ADDED_FRIEND) {
      const other = from === me ? String(frame.dstObj) : from;
      this.dispatchEvent(new CustomEvent('friend', { detail: other }));
    } else {
      await this.nameNeeded(from);
      this.dispatchEvent(new CustomEvent('joined', { detail: { email: from, group: String(frame.dstObj) } }));
    }
  }

  // Somebody who is no friend: their name and picture come once.
  async nameNeeded(email) {
    if (this.model.personOf(email) || this.#asked.has(email)) return;
    this.#asked.add(email);
    try {
      const user = await this.api.user(email);
      this.model.people.set(email, user);
      this.model.changed('lists');
      if (this.model.selected) this.model.changed('messages', this.model.selected);
    } catch {
      this.#asked.delete(email); // their address stands in for the name
    }
  }

  #looksAt(chat) {
    return chat === this.model.selected && document.visibilityState === 'visible';
  }

  #looked() {
    const chat = this.model.selected;
    if (chat && this.#looksAt(chat)) this.model.readSet(chat);
  }
}

// A frame or a row of history as the views want it.
function messageOf(row) {
  return {
    key: `m${row.id}`,
    id: Number(row.id) || 0,
    from: String(row.userEmail ?? ''),
    time: Number(row.createAt) || 0,
    type: Number(row.msgType) || TEXT,
    text: String(row.content ?? ''),
    recalled: Boolean(row.recalled),
    state: 'stored',
  };
}
