import { useLocalStorage, usePreferredDark } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, watchEffect } from 'vue'
import type { Language } from '@/i18n'

export type Theme = 'system' | 'light' | 'dark'
export type { Language }

function browserLanguage(): Language {
  return navigator.languages.some((language) => language.toLowerCase().startsWith('zh')) ? 'zh-CN' : 'en'
}

/** How this browser's user wants it; kept in this browser. */
export const usePrefs = defineStore('prefs', () => {
  const theme = useLocalStorage<Theme>('im.theme', 'system')
  const language = useLocalStorage<Language>('im.language', browserLanguage())
  const sound = useLocalStorage('im.sound', true)
  const notify = useLocalStorage('im.notify', false)
  /** Enter sends, Shift+Enter is a new line; or the other way round with Ctrl+Enter. */
  const enterSends = useLocalStorage('im.enterSends', true)

  const prefersDark = usePreferredDark()
  const dark = computed(() => (theme.value === 'system' ? prefersDark.value : theme.value === 'dark'))
  watchEffect(() => document.documentElement.classList.toggle('dark', dark.value))
  watchEffect(() => (document.documentElement.lang = language.value))

  return { theme, language, sound, notify, enterSends, dark }
})
