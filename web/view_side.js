// view_side.js: the list beside the chat: oneself, the search, friends and groups.

import { el, iconButton, reconcile } from './dom.js';
import { t, timeInList } from './i18n.js';
import { DIRECT, GROUP, IMAGE, VIDEO } from './model.js';
import { avatar, avatarUpdate } from './view_avatar.js';
import { searchView } from './view_search.js';

// actions: { open(kind, dst), newGroup(), profile(), logOut(), language(), addFriend(email), joinGroup(id) }
export function sideView({ model, api, actions, signal }) {
  const me = avatar();
  const myName = el('span', { class: 'me-name' });
  const profile = el('button', { type: 'button', class: 'me', title: t('profile'), onclick: actions.profile }, me, myName);
  const friends = section('friends', t('friends'), t('noFriends'));
  const groups = section(
    'groups',
    t('groups'),
    t('noGroups'),
    iconButton('plus', t('newGroup'), { onclick: actions.newGroup }),
  );
  const lists = el('nav', { class: 'lists', 'aria-label': t('chats') }, friends.node, groups.node);
  const search = searchView({ model, api, actions, lists, filterChanged: listsShow, signal });
  const node = el('aside', { class: 'side' }, [
    el('header', { class: 'bar' }, [
      profile,
      iconButton('language', t('switchLanguage'), { onclick: actions.language }),
      iconButton('leave', t('logOut'), { onclick: actions.logOut }),
    ]),
    search.node,
    lists,
    search.results,
  ]);

  function meShow() {
    avatarUpdate(me, model.me.uname || model.me.email, model.me.avatar);
    myName.textContent = model.me.uname || model.me.email;
  }

  function listsShow() {
    const wanted = search.filter();
    friends.show(rowsOf(DIRECT, model.friends.keys(), wanted), wanted !== '');
    groups.show(rowsOf(GROUP, model.groups.keys(), wanted), wanted !== '');
  }

  function rowsOf(kind, names, wanted) {
    const rows = [...names].map((dst) => {
      const chat = model.chat(kind, dst);
      return { chat, party: model.partyOf(chat) };
    });
    return rows
      .filter(({ chat, party }) => wanted === '' || `${party.name}\n${chat.dst}`.toLowerCase().includes(wanted))
      .sort((a, b) => b.chat.last.time - a.chat.last.time || a.party.name.localeCompare(b.party.name));
  }

  function section(name, title, emptyText, button = null) {
    const id = `section-${name}`;
    const list = el('ul', { class: 'rows', 'aria-labelledby': id });
    const empty = el('p', { class: 'soft empty' }, emptyText);
    const heading = el('div', { class: 'section-head' }, el('h2', { id }, title), button);
    return {
      node: el('section', {}, heading, list, empty),
      show(rows, filtered) {
        reconcile(list, rows, ({ chat }) => chat.key, rowCreate, rowUpdate);
        empty.hidden = rows.length > 0 || filtered || !model.listsLoaded;
      },
    };
  }

  function rowCreate({ chat }) {
    return el('li', {}, el('button', { type: 'button', class: 'row', onclick: () => actions.open(chat.kind, chat.dst) }, [
      avatar(chat.kind === DIRECT ? false : undefined),
      el('span', { class: 'row-name' }),
      el('span', { class: 'row-time' }),
      el('span', { class: 'row-text' }),
      el('span', { class: 'badge' }),
      el('span', { class: 'away row-state' }),
    ]));
  }

  function rowUpdate(node, { chat, party }) {
    const row = node.firstElementChild;
    if (chat === model.selected) row.setAttribute('aria-current', 'true');
    else row.removeAttribute('aria-current');
    row.classList.toggle('unread', chat.unread > 0);
    avatarUpdate(row.querySelector('.avatar'), party.name, party.picture, party.online);
    row.querySelector('.row-name').textContent = party.name;
    row.querySelector('.row-time').textContent = chat.last.id ? timeInList(chat.last.time) : '';
    row.querySelector('.row-text').textContent = chat.last.id ? preview(chat) : subtitle(chat);
    const badge = row.querySelector('.badge');
    badge.textContent = chat.unread > 99 ? '99+' : chat.unread || '';
    badge.setAttribute('aria-label', chat.unread ? t('unread', { count: chat.unread }) : '');
    row.querySelector('.row-state').textContent = chat.kind === DIRECT ? t(party.online ? 'online' : 'offline') : '';
  }

  function preview(chat) {
    const { type, text, from } = chat.last;
    const shown = type === IMAGE ? t('image') : type === VIDEO ? t('video') : text;
    return chat.kind === GROUP && from !== model.me.email ? `${model.nameOf(from)}: ${shown}` : shown;
  }

  function subtitle(chat) {
    return chat.kind === DIRECT ? chat.dst : t('groupNumber', { id: chat.dst });
  }

  model.addEventListener('me', meShow, { signal });
  model.addEventListener('lists', listsShow, { signal });
  model.addEventListener('selected', listsShow, { signal });
  meShow();
  listsShow();
  return node;
}

