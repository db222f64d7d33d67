import type { ChatFiles, ChatRef, Message } from '@im-service/client'
import { expect, test } from 'vitest'
import { picturesAround } from './album'

const chat: ChatRef = { chat: 10, dstObj: 'b@x.de' }
const said = (seq: number, msgType = 2): Message => ({ id: seq, userEmail: 'a@x.de', cmd: 10, dstObj: 'b@x.de', seq, msgType, content: `https://x.de/${seq}.png`, createAt: 1 })

/** Answers with pages, the newest first, and says what it was asked. */
function server(...pages: Omit<ChatFiles, 'chat' | 'dstObj'>[]) {
  const asked: (string | undefined)[] = []
  const files = (where: ChatRef, { cursor, after }: { cursor?: string; after?: number | string } = {}) => {
    asked.push(after === undefined ? cursor : `after ${after}`)
    const page = pages.shift()
    return page ? Promise.resolve({ ...where, ...page }) : Promise.reject(new Error('no more pages'))
  }
  return { files, asked }
}

test('pages come oldest first, and the next is asked for where the last one ended', async () => {
  const there = server({ msgs: [said(9), said(8, 3), said(7)], cursor: '7' }, { msgs: [said(2)] })
  const { before } = picturesAround(there, chat)
  expect((await before(said(20))).map(({ seq }) => seq)).toEqual([7, 9])
  expect((await before(said(7))).map(({ seq }) => seq)).toEqual([2])
  expect(await before(said(2))).toEqual([])
  expect(there.asked).toEqual(['20', '7'])
})

test('on the other side, too', async () => {
  const there = server({ msgs: [said(7), said(8, 3), said(9)], cursor: '9' }, { msgs: [said(12)] })
  const { after } = picturesAround(there, chat)
  expect((await after(said(4))).map(({ seq }) => seq)).toEqual([7, 9])
  expect((await after(said(9))).map(({ seq }) => seq)).toEqual([12])
  expect(await after(said(12))).toEqual([])
  expect(there.asked).toEqual(['after 4', 'after 9'])
})

test('pages without a picture are passed over, but not without end', async () => {
  const empty = (cursor: string) => ({ msgs: [], cursor })
  const there = server(empty('19'), empty('18'), empty('17'), empty('16'), empty('15'), empty('14'), { msgs: [said(3)] })
  const { before } = picturesAround(there, chat)
  expect(await before(said(20))).toEqual([])
  expect((await before(said(20))).map(({ seq }) => seq)).toEqual([3])
})

test('what failed is asked for again', async () => {
  let fails = true
  const there = server({ msgs: [said(1)] })
  const { before } = picturesAround({ files: (...args) => (fails ? Promise.reject(new Error('gone')) : there.files(...args)) }, chat)
  await expect(before(said(4))).rejects.toThrow('gone')
  fails = false
  expect((await before(said(4))).map(({ seq }) => seq)).toEqual([1])
})
