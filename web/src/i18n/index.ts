import { createI18n } from 'vue-i18n'
import en from './en'
import zh from './zh'

/** Every text of the client, in files by feature; test/i18n.test.ts holds the two languages to the same keys. */
export const i18n = createI18n({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  messages: { en, 'zh-CN': zh },
})
