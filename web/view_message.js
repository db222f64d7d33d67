// view_message.js: a message, and what stands between messages.

import { el } from './dom.js';
import { dayOf, startOfDay, t, timeOfDay } from './i18n.js';
import { GROUP, IMAGE, VIDEO } from './model.js';
import { linkPieces, urlSafe } from './text.js';
import { avatar, avatarUpdate } from './view_avatar.js';

const RUN_MS = 5 * 60000; // messages of one person so close together are one run

// The chat as a list: days, stored messages, then those that wait for their echo.
export function itemsOf(chat) {
  const items = [];
  let previous = null;
  for (const message of [...chat.messages, ...chat.waiting]) {
    const newDay = !previous || startOfDay(previous.time) !== startOfDay(message.time);
    if (newDay) items.push({ key: `day-${startOfDay(message.time)}`, day: message.time });
    const follows = !newDay && previous.from === message.from && message.time - previous.time < RUN_MS;
    items.push({ key: message.key, message, chat, follows });
    previous = message;
  }
  return items;
}

export function messageViews({ model, actions }) {
  function create(item) {
    if (item.day) return el('li', { class: 'day' }, el('span', {}, dayOf(item.day)));
    const { message, chat } = item;
    const own = message.from === model.me.email;
    const named = !own && chat.kind === GROUP;
    return el('li', { class: `message${own ? ' own' : ''}${named ? ' named' : ''}` }, [
      named && avatar(),
      named && el('span', { class: 'from' }),
      el('div', { class: 'bubble' }, own || named ? null : el('span', { class: 'away from' }), content(message)),
      el('span', { class: 'stamp' }),
    ]);
  }

  function update(node, item) {
    if (item.day) return;
    const { message, chat, follows } = item;
    const name = model.nameOf(message.from);
    node.classList.toggle('follows', follows);
    const from = node.querySelector('.from');
    if (from) from.textContent = name;
    const round = node.querySelector('.avatar');
    if (round) avatarUpdate(round, name, model.personOf(message.from)?.avatar);
    const alone = node.querySelector('img.media');
    if (alone) alone.alt = t('imageOf', { name });
    if (node.dataset.state === message.state) return;
    node.dataset.state = message.state;
    node.querySelector('.stamp').replaceChildren(...stamp(chat, message));
  }

  function stamp(chat, message) {
    if (message.state === 'stored') return [el('time', { datetime: new Date(message.time).toISOString() }, timeOfDay(message.time))];
    if (message.state !== 'failed') return [t('sending')];
    return [
      el('span', { class: 'not-sent' }, t('notSent')),
      el('button', { type: 'button', class: 'link', onclick: () => actions.retry(chat, message) }, t('retry')),
      el('button', { type: 'button', class: 'link', onclick: () => actions.discard(chat, message) }, t('discard')),
    ];
  }

  function content(message) {
    if (message.recalled) return el('p', { class: 'text recalled' }, t('recalled'));
    const url = message.type === IMAGE || message.type === VIDEO ? urlSafe(message.text) : null;
    if (url && message.type === IMAGE) return image(url, message);
    if (url) return video(url, message);
    return text(message.text);
  }

  function image(url, message) {
    const name = model.nameOf(message.from);
    const picture = el('img', { class: 'media', src: url, alt: t('imageOf', { name }), loading: 'lazy', referrerpolicy: 'no-referrer' });
    const frame = link(url, picture);
    // What cannot be shown is at least named.
    picture.addEventListener('error', () => frame.replaceWith(text(message.text)));
    return frame;
  }

  function video(url, message) {
    const name = model.nameOf(message.from);
    const player = el('video', { class: 'media', src: url, controls: true, preload: 'metadata', playsinline: true, 'aria-label': t('videoOf', { name }) });
    player.addEventListener('error', () => player.replaceWith(text(message.text)));
    return player;
  }

  function text(words) {
    const emoji = /^(?:\p{RGI_Emoji}\s*){1,3}$/v.test(words);
    const pieces = linkPieces(words).map((piece) => (piece.url ? link(piece.url, piece.text) : piece.text));
    return el('p', { class: emoji ? 'text big' : 'text', dir: 'auto' }, pieces);
  }

  function link(url, inside) {
    return el('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, inside);
  }

  return { create, update };
}
