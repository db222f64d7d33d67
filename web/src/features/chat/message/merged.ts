import type { Message } from '@im-service/client'

/** A message inside a merged forward (msgType 12), as it is shown: of no chat and without a seq. */
export interface MergedItem {
  userEmail: string
  msgType: number
  content: string
  createAt: number
  ext: Record<string, unknown> | undefined
  fwd: Record<string, unknown> | undefined
}

const ITEMS_MAX = 100

function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
}

/** What `fwd` holds, as far as it makes sense. The server made it, but of what people sent. */
export function mergedItems(fwd: unknown): MergedItem[] {
  const items = objectOf(fwd)?.['items']
  if (!Array.isArray(items)) return []
  return items.slice(0, ITEMS_MAX).flatMap((item) => {
    const said = objectOf(item)
    if (!said || typeof said['userEmail'] !== 'string' || typeof said['msgType'] !== 'number') return []
    return [
      {
        userEmail: said['userEmail'],
        msgType: said['msgType'],
        content: typeof said['content'] === 'string' ? said['content'] : '',
        createAt: typeof said['createAt'] === 'number' && Number.isFinite(said['createAt']) ? said['createAt'] : 0,
        ext: objectOf(said['ext']),
        fwd: objectOf(said['fwd']),
      },
    ]
  })
}

/** Whose message it was that was forwarded alone; undefined: it was not forwarded, or is a merged one. */
export function forwardedFrom(message: Message): string | undefined {
  const from = objectOf(message.fwd)?.['userEmail']
  return typeof from === 'string' && from !== '' ? from : undefined
}

/** An item as a message of the chat it is shown in: so that its files can be asked for anew with the whole. */
export function itemMessage(item: MergedItem, whole: Message): Message {
  const { userEmail, msgType, content, createAt, ext, fwd } = item
  return { id: 0, userEmail, cmd: whole.cmd, dstObj: whole.dstObj, seq: whole.seq, msgType, content, createAt, ...(ext ? { ext } : {}), ...(fwd ? { fwd } : {}) }
}
