import type { Rest } from '@im-service/client'
import type { ListedChat } from './chat'
import { useChats } from './chats'
import { useGroups } from './groups'
import { usePeople } from './people'
import { useSession } from './session'

/** More than a screen has rows. */
const ROWS = 50

/** A browser that knows no chat yet asks for the top of the list, and for names, while the connection is still on its
 * way: that tells of all chats, and of many not at once. */
export async function lookFirst(rest: Rest): Promise<void> {
  void usePeople().loadFriends().catch(() => undefined)
  void useGroups().load().catch(() => undefined)
  try {
    const { convs } = await rest.get<{ convs: ListedChat[] }>('/conv/list', { limit: ROWS })
    if (useSession().state === 'live') return
    for (const conv of convs) useChats().listed(conv)
  } catch {
    // The connection will tell.
  }
}
