import type { Client } from '@im-service/client'
import type { ListedChat } from './chat'
import { useChats } from './chats'
import { useGroups } from './groups'
import { usePeople } from './people'
import { useSession } from './session'

/** More than a screen has rows. */
const ROWS = 50

/** A browser that knows no chat yet asks for the top of the list while the connection is still on its way: that tells
 * of all chats, and of many not at once. */
export async function lookFirst(client: Client): Promise<void> {
  const [session, chats, people, groups] = [useSession(), useChats(), usePeople(), useGroups()]
  try {
    const { convs } = await client.rest.get<{ convs: ListedChat[] }>('/conv/list', { limit: ROWS })
    // The connection was faster; or somebody else is logged in by now.
    if (session.state === 'live' || session.client !== client) return
    for (const conv of convs) {
      chats.listed(conv)
      if (conv.name === undefined) continue
      if (conv.chat === 10) people.named(conv.dstObj, conv.remark || conv.name)
      else groups.named(conv.dstObj, conv.name)
    }
  } catch {
    // The connection will tell.
  }
}
