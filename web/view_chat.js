// view_chat.js: one conversation: its head, its messages, and where one writes.

import { coalesced, el, iconButton, reconcile } from './dom.js';
import { t } from './i18n.js';
import { DIRECT } from './model.js';
import { avatar, avatarUpdate } from './view_avatar.js';
import { composerView } from './view_composer.js';
import { itemsOf, messageViews } from './view_message.js';

const NEAR_BOTTOM_PX = 80;

// actions: { close(), say(chat, type, text), retry(chat, own), discard(chat, own), earlier(chat) }
export function chatView({ model, actions, signal }) {
  let shown = null; // the chat on show
  let atBottom = true;
  const picture = avatar(false);
  const name = el('h2', { class: 'chat-name' });
  const about = el('p', { class: 'soft chat-about' });
  const link = el('p', { class: 'link-state', role: 'status', hidden: true });
  const earlier = el('button', { type: 'button', class: 'small earlier', onclick: earlierLoad });
  const list = el('ol', { class: 'messages' });
  const note = el('p', { class: 'soft empty' });
  const scroller = el('div', { class: 'scroller', role: 'log', tabindex: 0 }, earlier, list, note);
  const composer = composerView({ model, actions });
  const head = el('header', { class: 'bar' }, [
    iconButton('back', t('back'), { class: 'icon-button back', onclick: actions.close }),
    picture,
    el('div', { class: 'chat-title' }, name, about),
  ]);
  const none = el('p', { class: 'soft none' }, t('pickChat'));
  const node = el('main', { class: 'pane' }, none, head, link, scroller, composer.node);
  const views = messageViews({ model, actions });

  const render = coalesced(() => {
    linkShow();
    if (shown !== model.selected) {
      shown = model.selected;
      atBottom = true;
      list.replaceChildren();
      composer.chatSet(shown);
    }
    for (const part of [head, scroller, composer.node]) part.hidden = !shown;
    none.hidden = shown !== null;
    if (shown) chatShow(shown);
  });

  function chatShow(chat) {
    const party = model.partyOf(chat);
    avatarUpdate(picture, party.name, party.picture, party.online);
    picture.classList.toggle('has-dot', chat.kind === DIRECT);
    name.textContent = party.name;
    about.textContent = aboutOf(chat, party);
    scroller.setAttribute('aria-label', t('messages', { name: party.name }));
    scroller.setAttribute('aria-busy', String(chat.loading));
    const before = scroller.scrollHeight - scroller.scrollTop;
    const first = list.querySelector('.message');
    reconcile(list, itemsOf(chat), (item) => item.key, views.create, views.update);
    const grewAbove = first?.isConnected && list.querySelector('.message') !== first;
    noteShow(chat);
    if (atBottom) scroller.scrollTop = scroller.scrollHeight;
    else if (grewAbove) scroller.scrollTop = scroller.scrollHeight - before;
  }

  function noteShow(chat) {
    const empty = chat.messages.length + chat.waiting.length === 0;
    earlier.hidden = empty || chat.complete || !chat.loaded;
    earlier.disabled = chat.loading;
    earlier.textContent = chat.loading ? t('loading') : t('earlier');
    if (!chat.loading && chat.failed) note.textContent = t('failed');
    else note.textContent = chat.loading && !chat.loaded ? t('loading') : empty ? t('noMessages') : '';
    note.hidden = note.textContent === '' || (chat.loading && !empty);
  }

  function aboutOf(chat, party) {
    if (chat.kind === DIRECT) return `${t(party.online ? 'online' : 'offline')} · ${chat.dst}`;
    const memo = model.groups.get(chat.dst)?.memo;
    return [t('groupNumber', { id: chat.dst }), memo].filter(Boolean).join(' · ');
  }

  function linkShow() {
    link.hidden = model.link !== 'down';
    link.textContent = link.hidden ? '' : t('disconnected');
  }

  function earlierLoad() {
    if (shown) actions.earlier(shown);
  }

  scroller.addEventListener(
    'scroll',
    () => {
      atBottom = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_BOTTOM_PX;
    },
    { passive: true },
  );
  // A picture that arrives, or a window that shrinks, does not push the newest out of sight.
  const kept = new ResizeObserver(() => {
    if (atBottom) scroller.scrollTop = scroller.scrollHeight;
  });
  kept.observe(list);
  kept.observe(scroller);
  signal.addEventListener('abort', () => kept.disconnect());

  model.addEventListener('selected', render, { signal });
  model.addEventListener('lists', render, { signal });
  model.addEventListener('me', render, { signal });
  model.addEventListener('link', render, { signal });
  model.addEventListener('messages', (event) => event.detail === model.selected && render(), { signal });
  render();
  return { node, focus: composer.focus };
}
