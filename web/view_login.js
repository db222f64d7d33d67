// view_login.js: the way in.

import { el, field } from './dom.js';
import { errorText, languageSwitch, t } from './i18n.js';

// api: unauthenticated. entered(user): somebody is in. notice: a word on why one is here.
export function loginView({ api, entered, languageChanged, notice }) {
  let registering = false;
  const error = el('p', { class: 'form-error', role: 'alert' }, notice);
  const email = field('email', t('email'), { type: 'email', autocomplete: 'username', required: true, maxlength: 64 });
  const name = field('uname', t('name'), { autocomplete: 'nickname', maxlength: 64 });
  const password = field('password', t('password'), { type: 'password', required: true, maxlength: 64 });
  const hint = el('p', { class: 'hint', id: 'password-hint' }, t('passwordHint'));
  const submit = el('button', { type: 'submit', class: 'primary wide' });
  const other = el('button', { type: 'button', class: 'link', onclick: () => modeSet(!registering) });
  const language = el('button', { type: 'button', class: 'link', onclick: languageToggle }, t('switchLanguage'));
  const form = el('form', { class: 'card login', onsubmit: run, novalidate: true }, [
    el('img', { class: 'logo', src: '/icon.svg', alt: '' }),
    el('h1', {}, t('title')),
    el('p', { class: 'soft' }, t('tagline')),
    email.node,
    name.node,
    password.node,
    hint,
    error,
    submit,
    other,
  ]);

  function modeSet(value) {
    registering = value;
    name.node.hidden = hint.hidden = !registering;
    name.input.required = registering;
    password.input.autocomplete = registering ? 'new-password' : 'current-password';
    if (registering) password.input.setAttribute('aria-describedby', hint.id);
    else password.input.removeAttribute('aria-describedby');
    submit.textContent = registering ? t('register') : t('logIn');
    other.textContent = registering ? t('toLogIn') : t('toRegister');
  }

  function languageToggle() {
    languageSwitch();
    languageChanged();
  }

  async function run(event) {
    event.preventDefault();
    const empty = [email, ...(registering ? [name] : []), password].find(({ input }) => input.value.trim() === '');
    if (empty) {
      empty.input.focus();
      return;
    }
    submit.disabled = true;
    error.textContent = '';
    try {
      const address = email.input.value.trim();
      const user = registering
        ? await api.register(address, password.input.value, name.input.value.trim())
        : await api.logIn(address, password.input.value);
      entered(user);
    } catch (failure) {
      error.textContent = errorText(failure);
      submit.disabled = false;
    }
  }

  modeSet(false);
  return el('main', { class: 'login-page' }, form, language);
}
