import type { Client } from '@im-service/client'
import { adoptPending } from './cache/clientStorage'
import type { Cache } from './cache/db'
import { useOutbox } from './outbox'
import { useUploads } from './uploads'

const EVERY_MS = 5000

/** What a tab left unsent when it was closed goes out from another one that is open. Returns what ends it. */
export function watchOrphans(client: Client, cache: Cache, slot: number): () => void {
  if (!('locks' in navigator)) return () => undefined // Nobody knows then which tabs are open.
  const timer = setInterval(() => void adopt(client, cache, slot).catch(() => undefined), EVERY_MS)
  return () => clearInterval(timer)
}

async function adopt(client: Client, cache: Cache, slot: number): Promise<void> {
  for (const { chat, dstObj, cid, content, options } of await adoptPending(cache, slot, false)) client.send({ chat, dstObj }, content, { ...options, cid })
  useOutbox().restore(client.pending)
  await useUploads().adopt()
}
