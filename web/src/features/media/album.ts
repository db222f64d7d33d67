import type { ChatFiles, ChatRef, Client, Message } from '@im-service/client'
import { isPicture } from './kinds'

const PAGE = 50
/** A page may have none of them before the end: so many are asked for at once. */
const PAGES_MAX = 5

/** Reads the pictures of a chat on either side of those one has, page by page, each oldest first; none: there are none, or
 * they are too far away for one call. What comes meanwhile is not waited for. */
export function picturesAround(client: Pick<Client, 'files'>, chat: ChatRef) {
  const media = { kind: 'media', limit: PAGE } as const
  return {
    before: reader(
      (cursor) => client.files(chat, { ...media, cursor }),
      (found) => found.reverse(),
    ),
    after: reader(
      (after) => client.files(chat, { ...media, after }),
      (found) => found,
    ),
  }
}

function reader(read: (from: string) => Promise<ChatFiles>, oldestFirst: (found: Message[]) => Message[]): (outermost: Message) => Promise<Message[]> {
  let cursor: string | undefined
  let more = true
  return async ({ seq }) => {
    for (let turns = 0; turns < PAGES_MAX && more; turns++) {
      const page = await read(cursor ?? String(seq))
      cursor = page.cursor
      more = cursor !== undefined
      const found = oldestFirst(page.msgs.filter(isPicture))
      if (found.length > 0) return found
    }
    return []
  }
}
