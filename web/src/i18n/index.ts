import { createI18n } from 'vue-i18n'
import type en from './en'

/** Every text of the client, in files by feature; i18n.test.ts holds the two languages to the same keys. A language is
 * loaded when it is first spoken. */
type Texts = typeof en

export type Language = 'zh-CN' | 'en'

const load: Record<Language, () => Promise<{ default: unknown }>> = {
  en: () => import('./en'),
  'zh-CN': () => import('./zh'),
}

export const i18n = createI18n<[Texts], Language, false>({ legacy: false, locale: 'en', messages: {} as Record<Language, Texts> })

export async function speak(language: Language): Promise<void> {
  const { global } = i18n
  if (Object.keys(global.getLocaleMessage(language)).length === 0)
    global.setLocaleMessage(language, (await load[language]()).default as Texts)
  global.locale.value = language
}
