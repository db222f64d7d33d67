import type { ChatRef, Client, Message } from '@im-service/client'
import { isPicture } from './kinds'

const PAGE = 50
/** A page may have none of them before the end: so many are asked for at once. */
const PAGES_MAX = 5

/** Reads the pictures of a chat before one of them, page by page, each oldest first; none: there are none, or too far
 * away for one call. */
export function picturesBefore(client: Pick<Client, 'files'>, chat: ChatRef): (first: Message) => Promise<Message[]> {
  let cursor: string | undefined
  let more = true
  return async (first) => {
    for (let turns = 0; turns < PAGES_MAX && more; turns++) {
      const page = await client.files(chat, { kind: 'media', limit: PAGE, cursor: cursor ?? String(first.seq) })
      cursor = page.cursor
      more = cursor !== undefined
      const found = page.msgs.filter(isPicture).reverse()
      if (found.length > 0) return found
    }
    return []
  }
}
