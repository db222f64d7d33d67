import type { Client } from '@im-service/client'
import { LIST } from '@/ahead'
import type { ListedChat } from './chat'
import { useChats } from './chats'
import { useGroups } from './groups'
import { usePeople } from './people'
import { useSession } from './session'

/** So long everything else waits for the first picture. */
const PICTURE_MS = 2000

interface Listed {
  convs: ListedChat[]
}

let drawn: (() => void) | undefined
const picture = new Promise<void>((then) => (drawn = then))

/** Something that the user came for is drawn; once a page. */
export function pictureDrawn(): void {
  if (!drawn) return
  const tell = drawn
  drawn = undefined
  // It is on the screen two frames later; what waits begins after that.
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(tell)))
}

/** Waits for the first picture, or until it is clear that there is none. */
export function firstPicture(): Promise<void> {
  return Promise.race([picture, new Promise<void>((late) => setTimeout(late, PICTURE_MS))])
}

/** Takes the top of the list that was asked for while the code was loading, as soon as it comes. false: it does not. */
export async function lookAhead(client: Client): Promise<boolean> {
  try {
    const asked = await useSession().ahead<Listed>(LIST)
    return asked !== undefined && take(client, asked.convs)
  } catch {
    return false
  }
}

/** A browser that knows no chat yet asks for the top of the list while the connection is still on its way: that tells
 * of all chats, and of many not at once. */
export async function lookFirst(client: Client): Promise<void> {
  try {
    take(client, (await client.rest.get<Listed>(LIST)).convs)
  } catch {
    // The connection will tell.
  }
}

function take(client: Client, convs: ListedChat[]): boolean {
  const [session, chats, people, groups] = [useSession(), useChats(), usePeople(), useGroups()]
  // The connection was faster; or somebody else is logged in by now.
  if (session.state === 'live' || session.client !== client) return false
  for (const conv of convs) {
    chats.listed(conv)
    if (conv.name === undefined) continue
    if (conv.chat === 10) people.named(conv.dstObj, conv.remark || conv.name)
    else groups.named(conv.dstObj, conv.name)
  }
  return true
}
