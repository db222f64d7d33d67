// view_avatar.js: a round picture, or the name's first letters where there is none.

import { el } from './dom.js';
import { hueOf, initials, urlSafe } from './text.js';

// Registration leaves no picture, and the server wants one with every change of
// the name: this address stands for none.
export const NO_PICTURE = '/icon.svg';

export function avatar(online = undefined) {
  const node = el('span', { class: 'avatar', 'aria-hidden': 'true' }, el('span', { class: 'avatar-letters' }));
  if (online !== undefined) node.append(el('span', { class: 'dot' }));
  return node;
}

export function avatarUpdate(node, name, picture, online = false) {
  node.classList.toggle('online', online);
  const state = `${name}\n${picture ?? ''}`;
  if (node.dataset.state === state) return;
  node.dataset.state = state;
  const letters = node.querySelector('.avatar-letters');
  letters.textContent = initials(name);
  letters.className = `avatar-letters hue-${hueOf(name)}`;
  node.querySelector('img')?.remove();
  const url = picture === NO_PICTURE ? null : urlSafe(picture);
  if (!url) return;
  const image = el('img', { alt: '', src: url, referrerpolicy: 'no-referrer', loading: 'lazy' });
  image.addEventListener('error', () => image.remove());
  letters.after(image);
}
