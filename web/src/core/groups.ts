import type { Frame, Message } from '@im-service/client'
import { defineStore } from 'pinia'
import { computed, reactive } from 'vue'
import { plain } from './cache/clientStorage'
import type { Cache } from './cache/db'
import { coalesced, TaskQueue } from './queue'
import { useSession } from './session'

export type Role = 'owner' | 'admin' | 'member'

export interface Group {
  id: string
  name: string
  icon: string
  memo: string
  notice: string
  /** Who wrote the notice and when, where that is known. */
  noticeBy?: string
  noticeAt?: number
  ownerEmail: string
  size: number
  join: 'open' | 'approve' | 'closed'
  history: 'all' | 'joined'
  /** Until when only owner and admins may write. */
  silenced: number
  /** Absent: this user is in it no more. */
  role: Role | undefined
}

export interface Applicant {
  email: string
  uname?: string
  avatar?: string
  reason?: string
  createAt: number
}

export interface GroupAnswer extends Partial<Omit<Group, 'id'>> {
  id: number
  name: string
}

const AT_ONCE = 3
const NOTICE = 13

/** May `a` do something to `b`? */
export function outranks(a: Role | undefined, b: Role | undefined): boolean {
  const rank = { owner: 2, admin: 1, member: 0 }
  return a !== undefined && b !== undefined && rank[a] > rank[b]
}

export function isAdmin(role: Role | undefined): boolean {
  return role === 'owner' || role === 'admin'
}

export const useGroups = defineStore('groups', () => {
  const session = useSession()
  const all = reactive(new Map<string, Group>())
  /** Who wants to come in, of the groups where this user may say so. */
  const applicants = reactive(new Map<string, Applicant[]>())
  /** Groups that this user waits to be let into, as far as this page knows. */
  const applied = reactive(new Set<string>())
  const asked = new Set<string>()
  const queue = new TaskQueue(AT_ONCE)
  const listed = reactive(new Map<string, string>())
  const refreshes = new Map<string, () => Promise<void>>()
  const listeners = new Set<(frame: Frame) => void>()
  let cache: Cache | undefined

  const mine = computed(() => {
    const names = new Intl.Collator()
    return [...all.values()].filter(({ role }) => role !== undefined).sort((a, b) => names.compare(a.name, b.name))
  })
  const applying = computed(() => [...applicants.values()].reduce((sum, list) => sum + list.length, 0))

  function get(id: string): Group | undefined {
    return all.get(id)
  }

  function nameOf(id: string): string {
    return all.get(id)?.name ?? listed.get(id) ?? `#${id}`
  }

  /** What the list of chats calls a group that is not known yet. */
  function named(id: string, name: string): void {
    listed.set(id, name)
  }

  function put(answer: GroupAnswer): Group {
    const id = String(answer.id)
    const old = all.get(id)
    const notice = answer.notice ?? ''
    const group: Group = {
      id,
      name: answer.name,
      icon: answer.icon ?? '',
      memo: answer.memo ?? '',
      notice,
      ...(old && old.notice === notice && old.noticeBy !== undefined ? { noticeBy: old.noticeBy, noticeAt: old.noticeAt ?? 0 } : {}),
      ownerEmail: answer.ownerEmail ?? '',
      size: answer.size ?? 0,
      join: answer.join ?? 'open',
      history: answer.history ?? 'all',
      silenced: answer.silenced ?? 0,
      role: answer.role,
    }
    asked.add(id)
    save(group)
    if (!isAdmin(group.role)) applicants.delete(id)
    return group
  }

  function save(group: Group): void {
    all.set(group.id, group)
    void cache?.put('groups', plain(group))
  }

  const load = coalesced(async () => {
    try {
      const list = await session.rest.get<GroupAnswer[]>('/community/community_list')
      const there = new Set(list.map(({ id }) => String(id)))
      for (const [id, group] of all) if (!there.has(id) && group.role !== undefined) save({ ...group, role: undefined })
      for (const answer of list) put(answer)
    } finally {
      queue.open()
    }
    for (const group of mine.value) if (isAdmin(group.role) && group.join === 'approve') queue.push(() => loadApplicants(group.id))
  })

  /** Reads one group anew. A group that is gone throws 2109. */
  async function refresh(id: string): Promise<Group> {
    return put(await session.rest.get<GroupAnswer>('/community/info', { dstObj: id }))
  }

  /** Makes sure that a group's name is known, soon. */
  function want(id: string): void {
    if (asked.has(id) || !session.client) return
    asked.add(id)
    queue.push(() => refresh(id).catch(() => void setTimeout(() => asked.delete(id), 30_000)))
  }

  async function loadApplicants(id: string): Promise<void> {
    const answer = await session.rest.get<{ applicants: Applicant[] }>('/community/applicants', { dstObj: id, limit: 100 })
    if (answer.applicants.length > 0) applicants.set(id, answer.applicants)
    else applicants.delete(id)
  }

  /** Frame 31. What it says is little; what it changed is read anew, a busy group not for each. */
  function changed(frame: Frame): void {
    const id = String(frame['dstObj'])
    const op = frame['op']
    if (op === 'notice') noticed(id, String(frame['content'] ?? ''), String(frame['by']), Date.now())
    for (const listener of listeners) listener(frame)
    if (op === 'dismiss') return left(id)
    const me = session.me?.email.toLowerCase()
    const aboutMe = ((frame['users'] as string[] | undefined) ?? []).some((email) => email.toLowerCase() === me)
    if (aboutMe) {
      if (op === 'apply') applied.add(id)
      else if (op === 'reject' || op === 'join') applied.delete(id)
      if (op === 'leave' || op === 'kick') return left(id)
    }
    let again = refreshes.get(id)
    if (!again) {
      again = coalesced(async () => {
        const group = await refresh(id).catch(() => undefined)
        if (group === undefined) left(id)
        else if (isAdmin(group.role)) await loadApplicants(id)
      })
      refreshes.set(id, again)
    }
    void again().catch(() => undefined)
  }

  /** Tells of every frame 31, until what this returns is called. */
  function listen(listener: (frame: Frame) => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  function noticed(id: string, content: string, by: string, at: number): void {
    const group = all.get(id)
    if (group && (group.noticeAt ?? 0) < at) save({ ...group, notice: content, noticeBy: by, noticeAt: at })
  }

  /** Messages of a group: those that say what happened tell who wrote its notice. */
  function arrived(id: string, messages: Message[]): void {
    for (const { msgType, content, createAt } of messages) {
      if (msgType !== NOTICE || content === undefined) continue
      try {
        const said = JSON.parse(content) as { op?: string; by?: string; content?: string }
        if (said.op === 'notice') noticed(id, said.content ?? '', said.by ?? '', createAt)
      } catch {
        // Not from our server's hand.
      }
    }
  }

  function left(id: string): void {
    const group = all.get(id)
    if (group) save({ ...group, role: undefined })
    applicants.delete(id)
  }

  async function open(opened: Cache): Promise<void> {
    cache = opened
    const kept = await opened.getAll('groups')
    if (cache !== opened) return // Logged out meanwhile.
    for (const group of kept) all.set(group.id, group)
  }

  function close(): void {
    cache = undefined
    all.clear()
    listed.clear()
    applicants.clear()
    applied.clear()
    asked.clear()
    queue.close()
    refreshes.clear()
  }

  return { all, mine, applicants, applying, applied, get, nameOf, named, put, load, refresh, want, loadApplicants, changed, listen, arrived, left, open, close }
})
