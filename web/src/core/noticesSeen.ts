import { defineStore } from 'pinia'
import { reactive } from 'vue'
import { plain } from './cache/clientStorage'
import type { Cache } from './cache/db'
import type { Group } from './groups'
import { useSession } from './session'

const KEY = 'notices:seen'

/** Which notices of groups this user has put away, in this browser. A new one is shown again. */
export const useNoticesSeen = defineStore('noticesSeen', () => {
  const session = useSession()
  const seen = reactive(new Map<string, string>())
  let cache: Cache | undefined

  /** There is a notice, of somebody else, that was not put away. */
  function isNew(group: Group): boolean {
    const own = group.noticeBy !== undefined && group.noticeBy.toLowerCase() === session.me?.email.toLowerCase()
    return group.role !== undefined && group.notice !== '' && !own && seen.get(group.id) !== group.notice
  }

  function putAway(group: Group): void {
    seen.set(group.id, group.notice)
    void cache?.put('meta', plain([...seen]), KEY)
  }

  async function open(opened: Cache): Promise<void> {
    cache = opened
    const kept = ((await opened.get('meta', KEY)) as [string, string][] | undefined) ?? []
    if (cache !== opened) return // Logged out meanwhile.
    for (const [id, notice] of kept) seen.set(id, notice)
  }

  function close(): void {
    cache = undefined
    seen.clear()
  }

  return { isNew, putAway, open, close }
})
