// view_dialogs.js: the small forms that open above the page.

import { el, field } from './dom.js';
import { errorText, t } from './i18n.js';
import { urlSafe } from './text.js';
import { NO_PICTURE } from './view_avatar.js';

// run: async, gets the values by the fields' ids; what it throws is shown, and the form stays.
function formDialog({ title, fields, action, run }) {
  const error = el('p', { class: 'form-error', role: 'alert' });
  const submit = el('button', { type: 'submit', class: 'primary' }, action);
  const cancel = el('button', { type: 'button', onclick: () => dialog.close() }, t('cancel'));
  const form = el('form', { class: 'form', onsubmit: submitted, novalidate: true }, [
    el('h2', { id: 'dialog-title' }, title),
    ...fields.map(({ node }) => node),
    error,
    el('div', { class: 'buttons' }, cancel, submit),
  ]);
  const dialog = el('dialog', { class: 'card', 'aria-labelledby': 'dialog-title', onclose: () => dialog.remove() }, form);

  async function submitted(event) {
    event.preventDefault();
    const empty = fields.find(({ input }) => input.required && input.value.trim() === '');
    if (empty) {
      empty.input.focus();
      return;
    }
    submit.disabled = true;
    error.textContent = '';
    try {
      await run(Object.fromEntries(fields.map(({ input }) => [input.id, input.value.trim()])));
      dialog.close();
    } catch (failure) {
      error.textContent = failure instanceof FormError ? failure.message : errorText(failure);
      submit.disabled = false;
    }
  }

  document.body.append(dialog);
  dialog.showModal();
}

class FormError extends Error {}

function urlWanted(text) {
  if (text !== '' && !urlSafe(text)) throw new FormError(t('badUrl'));
  return text;
}

export function profileDialog({ me, save }) {
  const picture = me.avatar === NO_PICTURE ? '' : me.avatar;
  formDialog({
    title: t('profile'),
    action: t('save'),
    fields: [
      field('profile-email', t('email'), { value: me.email, readonly: true }),
      field('profile-name', t('name'), { value: me.uname, required: true, maxlength: 64, autofocus: true }),
      field('profile-avatar', t('avatarUrl'), { value: picture, inputmode: 'url', maxlength: 255 }, t('avatarHint')),
    ],
    run: (values) => save(values['profile-name'], urlWanted(values['profile-avatar']) || NO_PICTURE),
  });
}

export function groupDialog({ create }) {
  formDialog({
    title: t('newGroup'),
    action: t('create'),
    fields: [
      field('group-name', t('groupName'), { required: true, maxlength: 64 }),
      field('group-icon', t('groupIcon'), { inputmode: 'url', maxlength: 255 }),
      field('group-memo', t('groupMemo'), { maxlength: 255 }),
    ],
    run: (values) => create(values['group-name'], urlWanted(values['group-icon']), values['group-memo']),
  });
}

export function mediaDialog({ title, label, send }) {
  formDialog({
    title,
    action: t('send'),
    fields: [field('media-url', label, { required: true, inputmode: 'url', maxlength: 2000, placeholder: 'https://' })],
    run: async (values) => send(urlWanted(values['media-url'])),
  });
}
