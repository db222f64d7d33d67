import { shallowReactive } from 'vue'
import type { Member } from '@/core/members'
import { useSession } from '@/core/session'
import type { Candidate } from './mention'

const PAGE = 100
const PAGES_MAX = 100
const FRESH_MS = 60_000

interface List {
  items: Candidate[]
  done: boolean
}

interface Page {
  members: Member[]
  cursor?: string
}

const kept = new Map<string, { since: number; list: List }>()

/** Who is in a group, read page by page as far as somebody looks. */
export function useMembers(group: string) {
  const session = useSession()
  const list = listOf()
  let cursor: string | undefined
  let pages = 0
  let loading = false

  function listOf(): List {
    const known = kept.get(group)
    if (known?.list.done && Date.now() - known.since < FRESH_MS) return known.list
    const list = shallowReactive<List>({ items: [], done: false })
    kept.clear()
    kept.set(group, { since: Date.now(), list })
    return list
  }

  /** Until `enough` says so, or there are no more. */
  async function load(enough: () => boolean): Promise<void> {
    if (loading) return
    loading = true
    try {
      while (!list.done && !enough()) {
        const page: Page = await session.rest.get<Page>('/community/members', { dstObj: group, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) })
        const me = session.me?.email.toLowerCase()
        const fresh = page.members.filter(({ email }) => email.toLowerCase() !== me).map(({ email, uname, avatar }) => ({ email, name: uname || email, avatar }))
        list.items = [...list.items, ...fresh]
        cursor = page.cursor
        list.done = cursor === undefined || ++pages >= PAGES_MAX
      }
    } catch {
      // Offline: those who are known can be named.
    } finally {
      loading = false
    }
  }

  return { list, load }
}
