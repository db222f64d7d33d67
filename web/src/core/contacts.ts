import { usePeople, type UserAnswer } from './people'
import { useSession } from './session'

/** What one can do about other people. Each call throws what the server refuses, and what it changes is in the stores
 * when it returns. */
export function useContacts() {
  const session = useSession()
  const people = usePeople()

  /** `accepted`: friends at once, as where nobody has to agree. */
  async function request(email: string, words = ''): Promise<'accepted' | 'pending'> {
    const { status } = await session.rest.post<{ status: 'accepted' | 'pending' }>('/contact/request', { dstObj: email, ...(words === '' ? {} : { content: words }) })
    await Promise.all([people.loadRequests(), people.loadFriends()])
    return status
  }

  async function respond(id: number, agree: boolean): Promise<void> {
    await session.rest.post('/contact/respond', { id, agree })
    await Promise.all([people.loadRequests(), people.loadFriends()])
  }

  async function remove(email: string): Promise<void> {
    await session.rest.post('/contact/remove', { dstObj: email })
    await people.loadFriends()
  }

  async function block(email: string, on: boolean): Promise<void> {
    await session.rest.post(on ? '/contact/block' : '/contact/unblock', { dstObj: email })
    await Promise.all([people.loadBlocked(), people.loadFriends()])
  }

  async function remark(email: string, text: string, tags: string[]): Promise<void> {
    await session.rest.put('/contact/remark', { dstObj: email, remark: text, tags })
    await people.loadFriends()
  }

  async function search(info: string): Promise<UserAnswer[]> {
    const found = await session.rest.get<UserAnswer[]>('/user/search_friend', { info })
    for (const answer of found) people.put(answer)
    return found
  }

  /** A request of one's own that waits, or one that waits for oneself. */
  function pendingWith(email: string) {
    const key = email.toLowerCase()
    return people.requests.find(({ state, dstObj }) => state === 'pending' && dstObj.toLowerCase() === key)
  }

  return { request, respond, remove, block, remark, search, pendingWith }
}
