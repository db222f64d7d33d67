import { expect, test } from 'vitest'
import { findLinks } from '@/core/links'
import { cut, isBigEmoji, mayHoldLinks, partsOf as parts, type Mention } from './text'

const partsOf = (text: string, mentions: Mention[] = []) => parts(text, mentions, findLinks)

const links = (text: string) => partsOf(text).flatMap((part) => (part.kind === 'link' ? [part.href] : []))

test('http, https and mail addresses are links, with the text as it stands', () => {
  expect(partsOf('see https://example.com/a?b=c#d, ok')).toEqual([
    { kind: 'text', text: 'see ' },
    { kind: 'link', text: 'https://example.com/a?b=c#d', href: 'https://example.com/a?b=c#d' },
    { kind: 'text', text: ', ok' },
  ])
  expect(links('www.example.com and mailto:a@example.com and b@example.com')).toEqual(['http://www.example.com', 'mailto:a@example.com', 'mailto:b@example.com'])
  expect(links('看这里：https://example.com/路径。好')).toHaveLength(1)
})

test('nothing else is a link', () => {
  for (const text of [
    'javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'java\nscript:alert(1)', 'data:text/html,<b>x</b>', 'vbscript:x', 'file:///etc/passwd', 'ftp://example.com/x',
    '//example.com/x', 'README.md', 'main.py', '1.2.3.4', 'blob:https', 'https://', 'http:/x',
  ])
    expect(links(text), text).toEqual([])
})

test('an address that turns the reading direction is no link', () => {
  expect(links('https://example.com/\u202egpj.exe')).toEqual([])
})

test('the parts together are the text', () => {
  for (const text of ['', 'a', 'x https://a.com y b@c.de z', '@Ana @Ben https://a.com/@Ana', '<b>@Ana</b>\n\u202e', '@@@Ana@'])
    expect(partsOf(text, [{ names: ['Ana'], me: true }]).map((part) => part.text).join('')).toBe(text)
})

test('a mention is found by the longest name, and says whether it is me', () => {
  const mentions = [{ names: ['Ana'], me: false }, { names: ['Ana Lena', ''], me: true }]
  expect(partsOf('hi @Ana Lena and @Ana!', mentions)).toEqual([
    { kind: 'text', text: 'hi ' },
    { kind: 'mention', text: '@Ana Lena', me: true },
    { kind: 'text', text: ' and ' },
    { kind: 'mention', text: '@Ana', me: false },
    { kind: 'text', text: '!' },
  ])
})

test('what holds a link may hold one', () => {
  for (const text of ['see https://a.com', 'www.example.com', 'mailto:a@b.de', 'a@example.com']) expect(mayHoldLinks(text), text).toBe(true)
  for (const text of ['Hello.', 'so: what', '@Ana', '1 2 3']) expect(mayHoldLinks(text), text).toBe(false)
})

test('a long text is cut, never within a character', () => {
  expect(cut('short\ntext')).toBeUndefined()
  expect(cut('x'.repeat(1600))).toBeUndefined()
  expect(cut('x'.repeat(65_536))).toHaveLength(1500)
  expect(cut('line\n'.repeat(10_000))!.split('\n')).toHaveLength(24)
  expect(cut('x'.repeat(1499) + '😀'.repeat(1000))).toHaveLength(1499)
})

test('up to three emoji alone are shown large', () => {
  for (const text of ['😀', '😀😀😀', ' 👍🏽 ', '👨‍👩‍👧‍👦', '🇩🇪 🇨🇳', '❤️', '1️⃣']) expect(isBigEmoji(text), text).toBe(true)
  for (const text of ['', 'a', '😀a', '😀😀😀😀', '123', '#', '©', '‍', '🇩']) expect(isBigEmoji(text), text).toBe(false)
})

test('an endless word or many colons take no time', () => {
  const begin = performance.now()
  for (const text of ['x'.repeat(65_536), 'http://'.repeat(2000), 'a.'.repeat(9000), '@'.repeat(65_536), 'a@'.repeat(9000)]) partsOf(text, [{ names: ['Ana'], me: false }])
  expect(performance.now() - begin).toBeLessThan(1500)
})
