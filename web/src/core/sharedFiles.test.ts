import type { Message } from '@im-service/client'
import { expect, test } from 'vitest'
import { afterChange, isShared } from './sharedFiles'

const FILE = `/file/${'a'.repeat(32)}?s=1.x`
const said = (seq: number, more: Partial<Message> = {}): Message => ({ id: seq, userEmail: 'a@x.de', cmd: 10, dstObj: 'b@x.de', seq, msgType: 2, content: FILE, createAt: 1, ...more })

test('each kind takes its own, and nothing that is gone', () => {
  expect(isShared('media', said(1))).toBe(true)
  expect(isShared('media', said(1, { msgType: 3 }))).toBe(true)
  expect(isShared('media', said(1, { msgType: 8 }))).toBe(false)
  expect(isShared('file', said(1, { msgType: 8 }))).toBe(true)
  expect(isShared('media', said(1, { recalled: true }))).toBe(false)
  expect(isShared('media', said(1, { content: 'javascript:alert(1)' }))).toBe(false)
  expect(isShared('link', said(1, { msgType: 1, content: 'see HTTPS://a.de/b' }))).toBe(true)
  expect(isShared('link', said(1, { msgType: 1, content: 'http is a word' }))).toBe(false)
  expect(isShared('link', said(1, { msgType: 1, content: '看 www.example.com 吧' }))).toBe(true)
  expect(isShared('link', said(1, { msgType: 5, content: 'https://a.de' }))).toBe(true)
  for (const content of ['www. is a word', 'www.nothing', 'awww.so.sweet', 'javascript:www.', 'https://', 'a@www.de'])
    expect(isShared('link', said(1, { msgType: 1, content })), content).toBe(false)
})

test('what is recalled or deleted goes, what is edited changes or goes, the rest stays', () => {
  const list = [said(3), said(2), said(1)]
  expect(afterChange('media', list, { cmd: 24, seq: 2 }).map(({ seq }) => seq)).toEqual([3, 1])
  expect(afterChange('media', list, { cmd: 26, seqs: [1, 3], scope: 'self' }).map(({ seq }) => seq)).toEqual([2])
  expect(afterChange('media', list, { cmd: 27, seq: 2, content: '👍', on: true })).toBe(list)
  const links = [said(1, { msgType: 1, content: 'http://a.de' })]
  expect(afterChange('link', links, { cmd: 25, seq: 1, content: 'http://b.de' })[0]).toMatchObject({ content: 'http://b.de', edited: true })
  expect(afterChange('link', links, { cmd: 25, seq: 1, content: 'nothing' })).toEqual([])
})
