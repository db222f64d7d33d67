import type { Rest } from '@im-service/client'
import type { ListedChat } from './chat'
import { useChats } from './chats'
import { useGroups } from './groups'
import { usePeople } from './people'
import { useSession } from './session'

/** More than a screen has rows. */
const ROWS = 50

/** A browser that knows no chat yet asks for the top of the list while the connection is still on its
 * way: that tells of all chats, and of many not at once. */
export async function lookFirst(rest: Rest): Promise<void> {
  try {
    const { convs } = await rest.get<{ convs: ListedChat[] }>('/conv/list', { limit: ROWS })
    if (useSession().state === 'live') return
    for (const conv of convs) {
      useChats().listed(conv)
      if (conv.name === undefined) continue
      if (conv.chat === 10) usePeople().named(conv.dstObj, conv.remark || conv.name)
      else useGroups().named(conv.dstObj, conv.name)
    }
  } catch {
    // The connection will tell.
  }
}
