// dom.js: elements without markup. Nothing in this page turns a string into HTML.

// el('button', { class: 'plain', onclick: run }, 'text', child). Children that
// are null, undefined or false are left out; strings become text nodes.
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// Makes parent's children those of items, in order, and keeps the nodes whose
// key is still there: focus, loaded pictures and playing videos survive.
export function reconcile(parent, items, keyOf, create, update) {
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let node = old.get(key);
    if (node) {
      old.delete(key);
    } else {
      node = create(item);
      node.dataset.key = key;
    }
    update?.(node, item);
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const node of old.values()) node.remove();
}

// Runs work once after the current step, however often it is asked for.
export function coalesced(work) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    queueMicrotask(() => {
      waiting = false;
      work();
    });
  };
}

const ICONS = {
  back: 'M15 5l-7 7 7 7',
  close: 'M6 6l12 12M18 6L6 18',
  group: 'M9 11a3.200 3.200 0 1 0 0-6.400 3.200 3.200 0 0 0 0 6.400zM3 19c0-3.300 2.700-5.500 6-5.500s6 2.200 6 5.500M16 5a3 3 0 0 1 0 5.800M17.500 13.800c2.100.700 3.500 2.600 3.500 5.200',
  image: 'M4 5h16v14H4zM4 16l4.500-4.500L13 16l2.500-2.500L20 17.500M15.500 9.500h.01',
  language: 'M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17zM3.500 12h17M12 3.500c2.500 2.600 3.500 5.400 3.500 8.500s-1 5.900-3.500 8.500c-2.500-2.600-3.500-5.400-3.500-8.500s1-5.900 3.500-8.500z',
  leave: 'M14 4H6v16h8M10 12h10M16.500 8.500L20 12l-3.500 3.500',
  plus: 'M12 5v14M5 12h14',
  search: 'M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM15.500 15.500L20 20',
  send: 'M4 12l16-7.500L14.500 20l-3-6.500zM11.500 13.500L20 4.500',
  smile: 'M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17zM8.500 14.200c1.800 2.400 5.200 2.400 7 0M9 9.500h.01M15 9.500h.01',
  video: 'M4 6.500h11v11H4zM15 11l5-3.500v9L15 13',
};

export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

// A button that shows a sign only: label is what it says to those who do not see it.
export function iconButton(name, label, attributes = {}) {
  return el('button', { type: 'button', class: 'icon-button', title: label, 'aria-label': label, ...attributes }, icon(name));
}

export function toast(text) {
  const node = el('p', { class: 'toast' }, text);
  document.getElementById('toasts').append(node);
  setTimeout(() => node.remove(), 4500);
}

// A labelled input: { node, input }.
export function field(id, label, attributes = {}, hint = '') {
  const input = el('input', { id, name: id, type: 'text', ...attributes });
  if (hint) input.setAttribute('aria-describedby', `${id}-hint`);
  const node = el('div', { class: 'field' }, [
    el('label', { for: id }, label),
    input,
    hint && el('p', { class: 'hint', id: `${id}-hint` }, hint),
  ]);
  return { node, input };
}
