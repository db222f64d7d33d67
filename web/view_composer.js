// view_composer.js: where one writes. Enter sends, Shift+Enter begins a line; on
// a touch screen, where there is no Shift, Enter begins a line and the button sends.

import { el, iconButton, toast } from './dom.js';
import { t } from './i18n.js';
import { IMAGE, TEXT, VIDEO } from './model.js';
import { bytesIn } from './text.js';
import { mediaDialog } from './view_dialogs.js';

const CONTENT_MAX_BYTES = 65536;
const HEIGHT_MAX_PX = 168;
const EMOJI = '😀 😂 🙂 😉 😍 😘 😎 🤔 😅 😭 😡 😴 🥳 🤝 👍 👎 👏 🙏 💪 👀 ❤️ 💔 🔥 🎉 🌹 🍺 ☕ 🎂 🌙 ☀️ 🐼 💓'.split(' ');

// actions: { say(chat, type, text) }
export function composerView({ actions }) {
  let chat = null;
  const input = el('textarea', {
    id: 'composer',
    rows: 1,
    placeholder: t('messageHint'),
    'aria-label': t('message'),
    oninput: changed,
    onkeydown: keyed,
  });
  const emoji = iconButton('smile', t('emoji'), { 'aria-expanded': 'false', 'aria-controls': 'emoji', onclick: () => emojiShow(grid.hidden) });
  const grid = el('div', { id: 'emoji', class: 'emoji', role: 'group', 'aria-label': t('emoji'), hidden: true, onkeydown: gridKeyed }, [
    ...EMOJI.map((sign) => el('button', { type: 'button', onclick: () => insert(sign) }, sign)),
  ]);
  const send = iconButton('send', t('send'), { type: 'submit', class: 'icon-button send' });
  const node = el('form', { class: 'composer', onsubmit: submitted }, grid, [
    el('div', { class: 'composer-row' }, [
      emoji,
      iconButton('image', t('sendImage'), { onclick: () => mediaAsk(IMAGE, t('sendImage'), t('imageUrl')) }),
      iconButton('video', t('sendVideo'), { onclick: () => mediaAsk(VIDEO, t('sendVideo'), t('videoUrl')) }),
      input,
      send,
    ]),
  ]);

  function chatSet(next) {
    chat = next;
    input.value = chat?.draft ?? '';
    emojiShow(false);
    changed();
  }

  function changed() {
    if (chat) chat.draft = input.value;
    send.disabled = input.value.trim() === '';
    input.style.height = 'auto';
    input.style.height = `${Math.min(HEIGHT_MAX_PX, input.scrollHeight + 2)}px`;
  }

  function keyed(event) {
    // While an input method composes, Enter belongs to it (229 is how Safari says so).
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    if (matchMedia('(pointer: coarse)').matches) return;
    event.preventDefault();
    submit();
  }

  function submitted(event) {
    event.preventDefault();
    submit();
    input.focus();
  }

  function submit() {
    const text = input.value.trim();
    if (text === '' || !chat) return;
    if (bytesIn(text) > CONTENT_MAX_BYTES) {
      toast(t('tooLong'));
      return;
    }
    input.value = '';
    emojiShow(false);
    changed();
    actions.say(chat, TEXT, text);
  }

  function mediaAsk(type, title, label) {
    const target = chat;
    mediaDialog({ title, label, send: (url) => actions.say(target, type, url) });
  }

  function emojiShow(open) {
    grid.hidden = !open;
    emoji.setAttribute('aria-expanded', String(open));
  }

  function gridKeyed(event) {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    emojiShow(false);
    emoji.focus();
  }

  function insert(sign) {
    input.setRangeText(sign, input.selectionStart, input.selectionEnd, 'end');
    input.focus();
    changed();
  }

  return { node, chatSet, focus: () => input.focus({ preventScroll: true }) };
}
