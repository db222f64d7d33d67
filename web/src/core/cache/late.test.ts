import type { Pending, Storage } from '@im-service/client'
import { expect, test } from 'vitest'
import { Late, LateStorage } from './late'

const pending = (cid: string): Pending => ({ chat: 10, dstObj: 'b@x.de', cid, content: cid, options: {}, createAt: 0 })

test('what is to be kept before the cache is open is kept once it is, in order', async () => {
  const late = new Late<Storage>()
  const storage = new LateStorage(late)
  const kept: string[] = []
  const writes = [storage.savePending(pending('a')), storage.dropPending('a'), storage.savePending(pending('b'))]
  await Promise.resolve()
  expect(kept).toEqual([])
  late.come({ savePending: async ({ cid }: Pending) => void kept.push(`+${cid}`), dropPending: async (cid: string) => void kept.push(`-${cid}`) } as Storage)
  await Promise.all(writes)
  expect(kept).toEqual(['+a', '-a', '+b'])
})

test('a write that fails is heard of by who asked for it', async () => {
  const late = new Late<Storage>()
  const write = new LateStorage(late).saveEpoch('e', 1)
  late.come({ saveEpoch: () => Promise.reject(new Error('no room')) } as unknown as Storage)
  await expect(write).rejects.toThrow('no room')
})
