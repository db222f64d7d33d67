// model.js: what the page knows. Views read it and listen to its events:
// 'me', 'lists' (friends, groups, unread), 'messages' (detail: the chat),
// 'selected', 'link' (the connection's state).

export const DIRECT = 10;
export const GROUP = 11;
export const TEXT = 1;
export const IMAGE = 2;
export const VIDEO = 3;

const PREVIEW_MAX = 120; // characters kept of a chat's last message

export function chatKey(kind, dst) {
  return `${kind}/${dst}`;
}

export class Model extends EventTarget {
  me;
  friends = new Map(); // email → user
  groups = new Map(); // id as text → group
  people = new Map(); // email → user: anybody whose name was needed
  chats = new Map(); // key → Chat
  selected = null; // a Chat
  link = 'connecting'; // 'open', 'connecting', 'down'
  listsLoaded = false;
  #kept;

  constructor(me) {
    super();
    this.me = me;
    this.#kept = `im.recent.${me.email}`;
    this.#restore();
  }

  changed(what, detail) {
    this.dispatchEvent(new CustomEvent(what, { detail }));
  }

  chat(kind, dst) {
    const key = chatKey(kind, dst);
    let chat = this.chats.get(key);
    if (!chat) {
      chat = new Chat(key, kind, String(dst));
      this.chats.set(key, chat);
    }
    return chat;
  }

  friendsSet(users) {
    this.friends = new Map(users.map((user) => [user.email, user]));
    this.listsLoaded = true;
    this.changed('lists');
  }

  groupsSet(groups) {
    this.groups = new Map(groups.map((group) => [String(group.id), group]));
    this.changed('lists');
  }

  personOf(email) {
    return email === this.me.email ? this.me : (this.friends.get(email) ?? this.people.get(email));
  }

  nameOf(email) {
    return this.personOf(email)?.uname || email;
  }

  // { name, picture, online } of the other side of a chat.
  partyOf(chat) {
    if (chat.kind === DIRECT) {
      const person = this.personOf(chat.dst);
      return { name: person?.uname || chat.dst, picture: person?.avatar, online: this.friends.get(chat.dst)?.online === 1 };
    }
    const group = this.groups.get(chat.dst);
    return { name: group?.name || chat.dst, picture: group?.icon, online: false };
  }

  unreadTotal() {
    let total = 0;
    for (const chat of this.chats.values()) total += chat.unread;
    return total;
  }

  // A message may be the chat's last.
  lastSet(chat, message) {
    if (message.id <= chat.last.id) return;
    const { id, time, from, type } = message;
    chat.last = { id, time, from, type, text: [...message.text].slice(0, PREVIEW_MAX).join('') };
    this.#keep();
    this.changed('lists');
  }

  // A message came while nobody was looking. Each counts once, however often it is delivered.
  unreadAdd(chat, message) {
    if (message.id <= chat.counted) return;
    chat.counted = message.id;
    chat.unread++;
    this.#keep();
    this.changed('lists');
  }

  readSet(chat) {
    const newest = Math.max(chat.counted, chat.last.id);
    if (chat.unread === 0 && chat.counted === newest) return;
    chat.unread = 0;
    chat.counted = newest;
    this.#keep();
    this.changed('lists');
  }

  // Unread marks and last messages outlive a reload: the server of v1 does not keep them.
  #keep() {
    const recent = [...this.chats.values()].filter((chat) => chat.last.id > 0);
    const rows = recent.map(({ kind, dst, last, unread, counted }) => ({ kind, dst, last, unread, counted }));
    try {
      localStorage.setItem(this.#kept, JSON.stringify(rows));
    } catch {
      // A full or forbidden storage costs the marks after a reload, nothing else.
    }
  }

  #restore() {
    try {
      for (const row of JSON.parse(localStorage.getItem(this.#kept) ?? '[]')) {
        const chat = this.chat(row.kind, row.dst);
        chat.unread = row.unread;
        chat.counted = row.counted;
        chat.last = { ...chat.last, ...row.last };
      }
    } catch {
      localStorage.removeItem(this.#kept);
    }
  }
}

// A conversation. messages are those of the log, by id; waiting are ours that
// the server has not echoed yet, in the order they were written.
export class Chat {
  messages = [];
  waiting = [];
  loaded = false; // messages are the log's newest
  loading = false;
  stale = false; // to be loaded again after the load under way
  failed = false; // the last load
  lastAsked = false; // for the list
  complete = false; // there is nothing earlier
  unread = 0;
  counted = 0; // the newest message that was counted as unread, or read
  draft = '';
  last = { id: 0, time: 0, from: '', type: TEXT, text: '' };

  constructor(key, kind, dst) {
    this.key = key;
    this.kind = kind;
    this.dst = dst;
  }

  // false: it was there already (the server may deliver twice).
  add(message) {
    let at = this.messages.length;
    while (at > 0 && this.messages[at - 1].id > message.id) at--;
    if (at > 0 && this.messages[at - 1].id === message.id) return false;
    this.messages.splice(at, 0, message);
    return true;
  }

  // Over most, only the newest are kept; the others can be asked for again.
  trim(most, kept) {
    if (this.messages.length <= most) return;
    this.messages = this.messages.slice(-kept);
    this.complete = false;
  }

  // Takes the waiting message that this one is the echo of.
  echoed(message) {
    const at = this.waiting.findIndex(
      (own) => own.sentAfter < message.id && own.type === message.type && own.text === message.text && own.state !== 'queued',
    );
    if (at >= 0) this.waiting.splice(at, 1);
    return at >= 0;
  }
}
