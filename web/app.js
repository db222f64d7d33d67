// app.js: builds the parts and puts them together. A session begins at log-in or
// with the one kept from last time, and ends at log-out or when its token does.

import { Api } from './api.js';
import { Client } from './client.js';
import { el, toast } from './dom.js';
import { languageStart, languageSwitch, t } from './i18n.js';
import { DIRECT, GROUP, Model } from './model.js';
import { chatView } from './view_chat.js';
import { groupDialog, profileDialog } from './view_dialogs.js';
import { loginView } from './view_login.js';
import { sideView } from './view_side.js';

const SESSION = 'im.session';
const root = document.getElementById('app');

let session = null; // the user with their token
let client = null;
let views = null; // an AbortController: ends what the views on show listen to

const api = new Api(() => session, () => leave(t('expired')));

function sessionKept() {
  try {
    const kept = JSON.parse(localStorage.getItem(SESSION));
    return kept?.email && kept?.token ? kept : null;
  } catch {
    return null;
  }
}

function enter(user) {
  session = user;
  localStorage.setItem(SESSION, JSON.stringify(user));
  const model = new Model(user);
  client = new Client(model, api, user);
  client.addEventListener('friend', (event) => toast(t('nowFriends', { name: model.nameOf(event.detail) })));
  client.addEventListener('joined', (event) => joinedTell(model, event.detail));
  model.addEventListener('lists', titleShow);
  mainShow();
  client.start();
  chatFromAddress();
}

function leave(notice = '') {
  client?.stop();
  client = null;
  session = null;
  localStorage.removeItem(SESSION);
  history.replaceState(null, '', location.pathname);
  document.querySelectorAll('dialog').forEach((dialog) => dialog.close());
  titleShow();
  loginShow(notice);
}

function loginShow(notice = '') {
  views?.abort();
  root.replaceChildren(loginView({ api, entered: enter, languageChanged: () => loginShow(), notice }));
  root.querySelector('input').focus();
}

function mainShow() {
  views?.abort();
  views = new AbortController();
  const { signal } = views;
  const { model } = client;
  const chat = chatView({ model, actions: chatActions, signal });
  const side = sideView({ model, api, actions: sideActions, signal });
  const shell = el('div', { class: 'shell' }, side, chat.node);
  model.addEventListener(
    'selected',
    () => {
      shell.classList.toggle('in-chat', model.selected !== null);
      // Where a keyboard is at hand; on a phone it would cover what one came to read.
      if (model.selected && !matchMedia('(pointer: coarse)').matches) queueMicrotask(chat.focus);
    },
    { signal },
  );
  shell.classList.toggle('in-chat', model.selected !== null);
  root.replaceChildren(shell);
}

const sideActions = {
  // The address names the chat, so that Back leaves it and a reload finds it.
  open: (kind, dst) => {
    location.hash = `#/${kind}/${encodeURIComponent(dst)}`;
  },
  newGroup: () => groupDialog({ create: groupCreate }),
  profile: () => profileDialog({ me: client.model.me, save: profileSave }),
  logOut: () => leave(),
  language: () => {
    languageSwitch();
    titleShow();
    mainShow();
  },
  addFriend: async (email) => {
    await api.addFriend(email);
    await client.listsLoad();
  },
  joinGroup: async (id) => {
    await api.joinGroup(id);
    await client.listsLoad();
  },
};

const chatActions = {
  close: () => {
    location.hash = '';
  },
  say: (chat, type, text) => client.say(chat, type, text),
  retry: (chat, own) => client.retry(chat, own),
  discard: (chat, own) => client.discard(chat, own),
  earlier: (chat) => client.earlierLoad(chat),
};

async function groupCreate(name, picture, memo) {
  const group = await api.createGroup(name, picture, memo);
  await client.listsLoad();
  sideActions.open(GROUP, group.id);
}

async function profileSave(uname, avatar) {
  // The answer holds what changed; the token in it, if any, is the current one.
  Object.assign(session, await api.editUser(uname, avatar));
  localStorage.setItem(SESSION, JSON.stringify(session));
  client.model.changed('me');
  client.model.changed('lists');
  toast(t('saved'));
}

function joinedTell(model, { email, group }) {
  if (email === model.me.email) return; // who did it sees it
  toast(t('someoneJoined', { name: model.nameOf(email), group: model.groups.get(group)?.name ?? group }));
}

function chatFromAddress() {
  if (!client) return;
  const [, kind, dst] = location.hash.match(/^#\/(10|11)\/(.+)$/) ?? [];
  if (Number(kind) !== DIRECT && Number(kind) !== GROUP) {
    client.select(null);
    return;
  }
  try {
    client.select(client.model.chat(Number(kind), decodeURIComponent(dst)));
  } catch {
    location.hash = ''; // not an address of ours
  }
}

function titleShow() {
  const unread = client?.model.unreadTotal() ?? 0;
  document.title = unread > 0 ? `(${unread}) ${t('title')}` : t('title');
}

addEventListener('hashchange', chatFromAddress);
addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !event.isComposing && client?.model.selected && !document.querySelector('dialog[open]') && event.target.id !== 'search')
    chatActions.close();
});

languageStart();
const kept = sessionKept();
if (kept) enter(kept);
else loginShow();
