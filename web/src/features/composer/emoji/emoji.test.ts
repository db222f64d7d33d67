import { expect, test } from 'vitest'
import { loadEmoji, searchEmoji } from './emoji'

test('emoji have their names in both languages, in groups, and skins where they have any', async () => {
  for (const language of ['en', 'zh-CN'] as const) {
    const { all, groups } = await loadEmoji(language)
    expect(all.length).toBeGreaterThan(1800)
    expect(groups.map(({ id }) => id)).toEqual([0, 1, 3, 4, 5, 6, 7, 8, 9])
    expect(all.every(({ label, group }) => label !== '' && groups.some(({ id }) => id === group))).toBe(true)
    expect(all.find(({ unicode }) => unicode === '👋')?.tones).toEqual(['👋🏻', '👋🏼', '👋🏽', '👋🏾', '👋🏿'])
  }
})

test('all words of a search must be in the name or the tags, names first', async () => {
  const { all } = await loadEmoji('en')
  expect(searchEmoji(all, 'waving hand')[0]?.unicode).toBe('👋')
  expect(searchEmoji(all, 'qqqq')).toEqual([])
  const { all: chinese } = await loadEmoji('zh-CN')
  expect(searchEmoji(chinese, '茶').map(({ unicode }) => unicode)).toContain('🍵')
})
