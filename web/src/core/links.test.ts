import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { pagesIn } from './links'

/** The server finds messages with links by the same domains. */
test('every domain of the protocol makes a link, and no other', () => {
  const protocol = readFileSync(`${import.meta.dirname}/../../../docs/PROTOCOL.md`, 'utf8')
  const domains = /one of the domains `([a-z ]+)`/.exec(protocol)![1]!.split(' ')
  expect(domains.length).toBeGreaterThan(20)
  for (const domain of domains) expect(pagesIn(`tea.${domain}`)).toEqual([`http://tea.${domain}`])
  for (const other of ['co', 'txt', 'commerce', 'ch', 'ru']) expect(pagesIn(`tea.${other}`)).toEqual([])
})

test('only pages are links to pages, each once', () => {
  expect(pagesIn('mail li@example.com, see example.com, (https://例子.cn/路) and example.com again; ftp://example.com')).toEqual(['http://example.com', 'https://例子.cn/路'])
})
