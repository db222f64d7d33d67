import type { Message } from '@im-service/client'
import { expect, test } from 'vitest'
import { forwards, matching, targetOf, targetsOf } from './forward'

const ben = targetOf({ chat: 10, dstObj: 'ben@example.com' }, 'Ben')
const tea = targetOf({ chat: 11, dstObj: '7' }, 'Tea')
const said = (seq: number, msgType = 1): Message => ({ id: seq, userEmail: 'a@x.de', cmd: 10, dstObj: 'b@x.de', seq, msgType, content: `c${seq}`, createAt: 1 })

test('a chat is offered once, in the order of the list of chats', () => {
  expect(targetsOf([tea], [ben], [tea]).map(({ name }) => name)).toEqual(['Tea', 'Ben'])
})

test('names and addresses are found', () => {
  expect(matching([ben, tea], ' BE')).toEqual([ben])
  expect(matching([ben, tea], 'example.com')).toEqual([ben])
  expect(matching([ben, tea], '')).toHaveLength(2)
})

test('one by one each message is forwarded as what it is, a merged one without its type', () => {
  const from = { chat: 11, dstObj: '7' } as const
  expect(forwards(from, [said(1), said(2, 12)], false, 'x')).toEqual([
    { content: 'c1', options: { msgType: 1, fwd: { ...from, seqs: [1] } } },
    { content: 'c2', options: { fwd: { ...from, seqs: [2] } } },
  ])
})

test('merged they are one message with a title', () => {
  const from = { chat: 10, dstObj: 'b@x.de' } as const
  expect(forwards(from, [said(1), said(3)], true, 'Tea talk')).toEqual([{ content: 'Tea talk', options: { msgType: 12, fwd: { ...from, seqs: [1, 3] } } }])
})
