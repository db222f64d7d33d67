import type { Frame } from '@im-service/client'
import { defineStore } from 'pinia'
import { reactive } from 'vue'
import { useGroups, type Role } from './groups'
import { usePeople } from './people'
import { useSession } from './session'

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

export interface MemberList {
  members: Member[]
  /** There are more on the server. */
  more: boolean
  loading: boolean
}

const PAGE = 100
/** Lists kept; a large group's is not small. */
const KEPT = 4

/** A list after what happened to its group (frame 31). */
export function membersAfter(members: Member[], frame: Frame, atEnd: boolean): Member[] {
  const users = new Set(((frame['users'] as string[] | undefined) ?? []).map((email) => email.toLowerCase()))
  const patched = (change: (member: Member) => Partial<Member>) =>
    members.map((member) => (users.has(member.email.toLowerCase()) ? { ...member, ...change(member) } : member))
  switch (frame['op']) {
    case 'join': {
      const there = new Set(members.map(({ email }) => email.toLowerCase()))
      const come = [...users].filter((email) => !there.has(email))
      // They are added where the list is whole; else a later page brings them.
      if (!atEnd) return members
      return [...members, ...come.map((email): Member => ({ email, role: 'member', until: 0, online: 0, joinedAt: Date.now() }))]
    }
    case 'leave':
    case 'kick':
      return members.filter(({ email }) => !users.has(email.toLowerCase()))
    case 'role':
      return patched(() => ({ role: frame['role'] === 'admin' ? 'admin' : 'member' }))
    case 'mute':
      return patched(() => ({ until: Number(frame['until'] ?? 0) }))
    case 'transfer':
      return members.map((member) => {
        if (users.has(member.email.toLowerCase())) return { ...member, role: 'owner' as const, until: 0 }
        return member.role === 'owner' ? { ...member, role: 'admin' as const } : member
      })
    default:
      return members
  }
}

/** Who is in the groups that were looked at lately: read page by page, then kept up to date. */
export const useMembers = defineStore('members', () => {
  const session = useSession()
  const groups = useGroups()
  const people = usePeople()
  const lists = reactive(new Map<string, MemberList>())
  const cursors = new Map<string, string | undefined>()

  groups.listen((frame) => {
    const list = lists.get(String(frame['dstObj']))
    if (!list) return
    list.members = membersAfter(list.members, frame, !list.more)
    for (const email of (frame['users'] as string[] | undefined) ?? []) people.want(email)
  })

  function of(id: string): MemberList | undefined {
    return lists.get(id)
  }

  /** Reads the list from its beginning. */
  async function load(id: string): Promise<void> {
    cursors.delete(id)
    const old = lists.get(id)
    lists.delete(id)
    lists.set(id, { members: old?.members ?? [], more: false, loading: false })
    for (const other of [...lists.keys()].slice(0, -KEPT)) lists.delete(other)
    await page(id, true)
  }

  async function loadMore(id: string): Promise<void> {
    const list = lists.get(id)
    if (list && list.more && !list.loading) await page(id, false)
  }

  async function page(id: string, first: boolean): Promise<void> {
    const list = lists.get(id)
    if (!list) return
    list.loading = true
    try {
      const cursor = cursors.get(id)
      const answer = await session.rest.get<{ members: Member[]; cursor?: string }>('/community/members', { dstObj: id, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) })
      for (const member of answer.members) people.put(member)
      const there = new Set(first ? [] : list.members.map(({ email }) => email))
      list.members = [...(first ? [] : list.members), ...answer.members.filter(({ email }) => !there.has(email))]
      list.more = answer.cursor !== undefined
      cursors.set(id, answer.cursor)
    } finally {
      list.loading = false
    }
  }

  function close(): void {
    lists.clear()
    cursors.clear()
  }

  return { of, load, loadMore, close }
})
