import type { Frame } from '@im-service/client'
import { defineStore } from 'pinia'
import { computed, reactive } from 'vue'
import { plain } from './cache/clientStorage'
import type { Cache } from './cache/db'
import { useSession } from './session'

export type Role = 'owner' | 'admin' | 'member'

export interface Group {
  id: string
  name: string
  icon: string
  memo: string
  notice: string
  ownerEmail: string
  size: number
  join: 'open' | 'approve' | 'closed'
  history: 'all' | 'joined'
  /** Until when only owner and admins may write. */
  silenced: number
  /** Absent: this user is in it no more. */
  role: Role | undefined
}

export interface Member {
  email: string
  uname?: string
  avatar?: string
  role: Role
  /** Muted until then. */
  until: number
  online: 0 | 1
  joinedAt: number
}

interface GroupAnswer extends Partial<Omit<Group, 'id'>> {
  id: number
  name: string
}

export const useGroups = defineStore('groups', () => {
  const session = useSession()
  const all = reactive(new Map<string, Group>())
  const asked = new Set<string>()
  let cache: Cache | undefined

  const mine = computed(() =>
    [...all.values()].filter(({ role }) => role !== undefined).sort((a, b) => a.name.localeCompare(b.name)),
  )

  function get(id: string): Group | undefined {
    return all.get(id)
  }

  function nameOf(id: string): string {
    return all.get(id)?.name ?? `#${id}`
  }

  function put(answer: GroupAnswer): Group {
    const id = String(answer.id)
    const group: Group = {
      id,
      name: answer.name,
      icon: answer.icon ?? '',
      memo: answer.memo ?? '',
      notice: answer.notice ?? '',
      ownerEmail: answer.ownerEmail ?? '',
      size: answer.size ?? 0,
      join: answer.join ?? 'open',
      history: answer.history ?? 'all',
      silenced: answer.silenced ?? 0,
      role: answer.role,
    }
    all.set(id, group)
    void cache?.put('groups', plain(group))
    return group
  }

  async function load(): Promise<void> {
    const list = await session.rest.get<GroupAnswer[]>('/community/community_list')
    const there = new Set(list.map(({ id }) => String(id)))
    for (const [id, group] of all) if (!there.has(id)) all.set(id, { ...group, role: undefined })
    for (const answer of list) put(answer)
  }

  async function refresh(id: string): Promise<Group> {
    return put(await session.rest.get<GroupAnswer>('/community/info', { dstObj: id }))
  }

  /** Makes sure that a group's name is known, soon. */
  function want(id: string): void {
    if (all.has(id) || asked.has(id) || !session.client) return
    asked.add(id)
    void refresh(id)
      .catch(() => undefined)
      .finally(() => setTimeout(() => asked.delete(id), 30_000))
  }

  /** Frame 31. What it says is little; what it changed is read anew. */
  function changed(frame: Frame): void {
    void refresh(String(frame['dstObj'])).catch(() => left(String(frame['dstObj'])))
  }

  function left(id: string): void {
    const group = all.get(id)
    if (group) all.set(id, { ...group, role: undefined })
  }

  async function open(opened: Cache): Promise<void> {
    cache = opened
    for (const group of await opened.getAll('groups')) all.set(group.id, group)
  }

  function close(): void {
    cache = undefined
    all.clear()
    asked.clear()
  }

  return { all, mine, get, nameOf, put, load, refresh, want, changed, left, open, close }
})
