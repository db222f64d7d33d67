// view_search.js: one field that narrows the lists at once, and asks the server
// for people and groups a moment later.

import { el, icon, iconButton, reconcile } from './dom.js';
import { errorText, t } from './i18n.js';
import { DIRECT, GROUP } from './model.js';
import { avatar, avatarUpdate } from './view_avatar.js';

const PAUSE_MS = 350;

// filter(): what the lists are narrowed to, in lower case. results: shown below them.
export function searchView({ model, api, actions, lists, filterChanged, signal }) {
  let timer = 0;
  let found = null; // { users, groups } of the last answer
  const input = el('input', {
    id: 'search',
    type: 'search',
    placeholder: t('searchHint'),
    'aria-label': t('searchHint'),
    autocomplete: 'off',
    maxlength: 64,
    oninput: typed,
    onkeydown: keyed,
  });
  const clear = iconButton('close', t('clear'), { onclick: cleared });
  const note = el('p', { class: 'soft empty', role: 'status' });
  const people = el('ul', { class: 'rows', 'aria-label': t('people') });
  const groups = el('ul', { class: 'rows', 'aria-label': t('openGroups') });
  const peopleHead = el('div', { class: 'section-head' }, el('h2', {}, t('people')));
  const groupsHead = el('div', { class: 'section-head' }, el('h2', {}, t('openGroups')));
  const results = el('section', { class: 'found', hidden: true }, peopleHead, people, groupsHead, groups, note);
  const node = el('search', { class: 'search' }, icon('search'), input, clear);

  function filter() {
    return input.value.trim().toLowerCase();
  }

  function typed() {
    clearTimeout(timer);
    found = null;
    note.textContent = t('searching');
    show();
    if (filter() !== '') timer = setTimeout(ask, PAUSE_MS);
  }

  function keyed(event) {
    if (event.key === 'Escape') cleared();
    if (event.key === 'Enter' && !event.isComposing && filter() !== '') {
      clearTimeout(timer);
      ask();
    }
  }

  function cleared() {
    input.value = '';
    typed();
    input.focus();
  }

  async function ask() {
    const asked = input.value.trim();
    try {
      const [users, open] = await Promise.all([api.searchUsers(asked), api.searchGroups(asked)]);
      if (asked !== input.value.trim()) return; // typed on meanwhile
      found = { users, groups: open };
      note.textContent = users.length + open.length === 0 ? t('nothingFound') : '';
    } catch (error) {
      note.textContent = errorText(error);
    }
    show();
  }

  function show() {
    const active = filter() !== '';
    // Those one has already stand in the lists above, narrowed.
    const users = (found?.users ?? []).filter((user) => !model.friends.has(user.email));
    const open = (found?.groups ?? []).filter((group) => !model.groups.has(String(group.id)));
    clear.hidden = !active;
    results.hidden = !active;
    lists.classList.toggle('narrowed', active);
    peopleHead.hidden = users.length === 0;
    groupsHead.hidden = open.length === 0;
    reconcile(people, users, (user) => user.email, personRow);
    reconcile(groups, open, (group) => String(group.id), groupRow);
    filterChanged();
  }

  function personRow(user) {
    const name = user.uname || user.email;
    if (user.email === model.me.email) return foundRow(name, user.avatar, user.email, el('span', { class: 'soft' }, t('you')));
    return foundRow(name, user.avatar, user.email, button(t('add'), name, () => act(actions.addFriend, user.email, DIRECT)));
  }

  function groupRow(group) {
    const about = [t('groupNumber', { id: group.id }), group.memo].filter(Boolean).join(' · ');
    return foundRow(group.name, group.icon, about, button(t('join'), group.name, () => act(actions.joinGroup, String(group.id), GROUP)));
  }

  function foundRow(name, picture, about, action) {
    const round = avatar();
    avatarUpdate(round, name, picture);
    return el('li', { class: 'row found-row' }, [
      round,
      el('span', { class: 'row-name' }, name),
      el('span', { class: 'row-text' }, about),
      el('span', { class: 'row-action' }, action),
    ]);
  }

  function button(text, name, run) {
    return el('button', { type: 'button', class: 'small', 'aria-label': `${text}: ${name}`, onclick: run }, text);
  }

  async function act(action, dst, kind) {
    try {
      await action(dst);
      cleared();
      actions.open(kind, dst);
    } catch (error) {
      note.textContent = errorText(error);
    }
  }

  model.addEventListener('lists', () => found && show(), { signal });
  clear.hidden = true;
  return { node, results, filter };
}
