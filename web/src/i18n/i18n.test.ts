import { expect, test } from 'vitest'
import en from './en'
import zh from './zh'

function keysOf(messages: object, path = ''): string[] {
  return Object.entries(messages).flatMap(([key, value]) =>
    typeof value === 'object' ? keysOf(value as object, `${path}${key}.`) : [`${path}${key}`],
  )
}

test('both languages have the same texts', () => {
  expect(keysOf(zh).sort()).toEqual(keysOf(en).sort())
})

test('no text is empty', () => {
  for (const messages of [en, zh])
    for (const key of keysOf(messages)) {
      const text = key.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], messages)
      expect(text, key).not.toBe('')
    }
})

test('the same places for values stand in both', () => {
  const places = (text: unknown) => [...new Set(String(text).match(/\{\w+\}/g) ?? [])].sort()
  for (const key of keysOf(en)) {
    const [a, b] = [en, zh].map((all) => key.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], all))
    expect(places(b), key).toEqual(places(a))
  }
})
