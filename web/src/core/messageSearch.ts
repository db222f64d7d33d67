import { ImError, type Message, type SearchWhere } from '@im-service/client'
import { shallowReactive } from 'vue'
import { useSession } from './session'

export type Wanted = SearchWhere & { q: string }

const PAGE = 30
/** A page may be empty before the end: so many are asked for by themselves. */
const EMPTY_MAX = 5
const BYTES_MAX = 256

/** Messages by their words, newest first, page by page. */
export function useMessageSearch() {
  const session = useSession()
  const state = shallowReactive({
    found: [] as Message[],
    more: false,
    loading: false,
    /** Of which question this is the answer; empty: of none. */
    asked: '',
    error: undefined as unknown,
  })
  let wanted: Wanted = { q: '' }
  let cursor: string | undefined
  let turn = 0

  async function search(next: Wanted): Promise<void> {
    wanted = { ...next, q: next.q.trim() }
    turn += 1
    cursor = undefined
    Object.assign(state, { found: [], more: false, error: undefined, loading: false })
    if (wanted.q === '') {
      state.asked = ''
      return
    }
    await next_()
  }

  /** The next page. */
  async function next_(): Promise<void> {
    const mine = turn
    state.loading = true
    try {
      if (new TextEncoder().encode(wanted.q).length > BYTES_MAX) throw new ImError(2100, 'too long', undefined)
      for (let pages = 0; pages < EMPTY_MAX; pages++) {
        const answer = await session.client!.search({ ...wanted, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) })
        if (mine !== turn) return
        state.found = [...state.found, ...answer.msgs]
        cursor = answer.cursor
        state.more = cursor !== undefined
        state.asked = wanted.q
        state.error = undefined
        if (answer.msgs.length > 0 || !state.more) break
      }
    } catch (error) {
      if (mine === turn) state.error = error
    } finally {
      if (mine === turn) state.loading = false
    }
  }

  return { state, search, more: next_ }
}
