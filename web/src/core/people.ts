import type { ChatRef, Frame } from '@im-service/client'
import { defineStore } from 'pinia'
import { computed, reactive, ref } from 'vue'
import type { Cache } from './cache/db'
import { Dirty } from './cache/dirty'
import { coalesced, TaskQueue } from './queue'
import { useSession } from './session'

/** Somebody, as far as this user may know. */
export interface Person {
  email: string
  uname: string
  avatar: string
  friend: boolean
  remark: string
  tags: string[]
  blocked: boolean
  online: boolean
  /** When a friend was last here; 0: unknown. */
  seenAt: number
}

/** A request to be friends, sent or received. */
export interface ContactRequest {
  id: number
  userEmail: string
  dstObj: string
  uname?: string
  avatar?: string
  content?: string
  state: string
  createAt: number
  mine: boolean
}

export interface UserAnswer {
  email: string
  uname?: string
  avatar?: string
  online?: 0 | 1
  remark?: string
  tags?: string[]
  blocked?: boolean
  seen?: number
}

const CONTACT_OPS = new Set(['accept', 'remove', 'block', 'unblock', 'remark'])
/** Calls for single people under way at once. */
const AT_ONCE = 3
/** The server's bounds on frame 33 and on a page of requests. */
const WATCHED_MAX = 500
const REQUESTS = 100

export const usePeople = defineStore('people', () => {
  const session = useSession()
  const all = reactive(new Map<string, Person>())
  const requests = ref<ContactRequest[]>([])
  const requestsMore = ref<string>()
  /** Who was asked for in this session, so that nobody is asked for twice. */
  const asked = new Set<string>()
  const queue = new TaskQueue(AT_ONCE)
  const listed = reactive(new Map<string, string>())
  const watched = new Map<string, string[]>()
  let cache: Cache | undefined
  const dirty = new Dirty('people', get)

  const friends = computed(() => {
    const names = new Intl.Collator()
    return [...all.values()].filter(({ friend }) => friend).sort((a, b) => names.compare(nameOf(a.email), nameOf(b.email)))
  })
  const blocked = computed(() => [...all.values()].filter((person) => person.blocked))
  const waiting = computed(() => requests.value.filter((request) => !request.mine && request.state === 'pending').length)

  function get(email: string): Person | undefined {
    return all.get(email.toLowerCase())
  }

  function nameOf(email: string): string {
    const person = get(email)
    return person?.remark || person?.uname || listed.get(email.toLowerCase()) || email
  }

  /** What the list of chats calls somebody who is not known yet. */
  function named(email: string, name: string): void {
    listed.set(email.toLowerCase(), name)
  }

  function put(answer: UserAnswer, more: Partial<Person> = {}): Person {
    const key = answer.email.toLowerCase()
    const old = all.get(key)
    const person: Person = {
      email: answer.email,
      uname: answer.uname ?? old?.uname ?? '',
      avatar: answer.avatar ?? '',
      friend: old?.friend ?? false,
      remark: answer.remark ?? old?.remark ?? '',
      tags: answer.tags ?? old?.tags ?? [],
      blocked: answer.blocked ?? old?.blocked ?? false,
      online: answer.online === undefined ? (old?.online ?? false) : answer.online === 1,
      seenAt: answer.seen ?? old?.seenAt ?? 0,
      ...more,
    }
    asked.add(key)
    if (old && JSON.stringify(old) === JSON.stringify(person)) return old
    all.set(key, person)
    dirty.add(key)
    return person
  }

  /** Makes sure that somebody's name and picture are known, soon; what an earlier session knew is brought up to date.
   * Friends come in one call, and nobody is asked for before that one is back. */
  function want(email: string): void {
    const key = email.toLowerCase()
    if (asked.has(key) || !session.client) return
    asked.add(key)
    queue.push(() => refresh(email).catch(() => void setTimeout(() => asked.delete(key), 30_000)))
  }

  /** Reads one person anew: when his page is opened. */
  async function refresh(email: string): Promise<void> {
    put(await session.rest.get<UserAnswer>('/user/user_info', { email }))
  }

  const loadFriends = coalesced(async () => {
    try {
      const list = await session.rest.get<UserAnswer[]>('/contact/friend_list')
      const there = new Set(list.map(({ email }) => email.toLowerCase()))
      for (const [key, person] of all) if (person.friend && !there.has(key)) put(asAnswer(person), { friend: false, remark: '', tags: [] })
      for (const answer of list)
        put(answer, { friend: true, remark: answer.remark ?? '', tags: answer.tags ?? [], blocked: answer.blocked ?? false })
    } finally {
      queue.open()
    }
  })

  const loadRequests = coalesced(async () => {
    const answer = await session.rest.get<{ requests: ContactRequest[]; cursor?: string }>('/contact/requests', { limit: REQUESTS })
    requests.value = answer.requests
    requestsMore.value = answer.cursor
  })

  async function moreRequests(): Promise<void> {
    if (requestsMore.value === undefined) return
    const answer = await session.rest.get<{ requests: ContactRequest[]; cursor?: string }>('/contact/requests', { limit: REQUESTS, cursor: requestsMore.value })
    requests.value = [...requests.value, ...answer.requests]
    requestsMore.value = answer.cursor
  }

  const loadBlocked = coalesced(async () => {
    const { users } = await session.rest.get<{ users: UserAnswer[] }>('/contact/blocked')
    const there = new Set(users.map(({ email }) => email.toLowerCase()))
    for (const [key, person] of all) if (person.blocked && !there.has(key)) put(asAnswer(person), { blocked: false })
    for (const answer of users) put(answer, { blocked: true })
  })

  function presence(email: string, online: boolean, seenAt?: number): void {
    const person = get(email)
    if (!person) return
    person.online = online
    if (online) person.seenAt = 0
    else if (seenAt !== undefined) person.seenAt = seenAt
  }

  /** Whose coming and going a screen shows, beside friends, under a name of its own; [] when it closes. */
  function watch(screen: string, emails: string[]): void {
    if (emails.length > 0) watched.set(screen, emails)
    else if (!watched.delete(screen)) return
    watchAgain()
  }

  /** A new connection knows nothing of it. */
  function watchAgain(): void {
    const union = new Set<string>()
    for (const list of watched.values()) for (const email of list) union.add(email)
    if (union.size > 0 || watchedBefore) session.client?.watch([...union].slice(0, WATCHED_MAX))
    watchedBefore = union.size > 0
  }
  let watchedBefore = false

  /** Frame 30. What it says is little; what it changed is read anew. */
  function contact(frame: Frame): void {
    const op = String(frame['op'])
    if (CONTACT_OPS.has(op)) void loadFriends().catch(() => undefined)
    if (op === 'block' || op === 'unblock') void loadBlocked().catch(() => undefined)
    if (op === 'request' || op === 'accept' || op === 'reject') void loadRequests().catch(() => undefined)
  }

  async function open(opened: Cache): Promise<void> {
    cache = opened
    const kept = await opened.getAll('people')
    if (cache !== opened) return // Logged out meanwhile.
    for (const person of kept) all.set(person.email.toLowerCase(), { ...person, online: false })
    dirty.open(opened)
  }

  function close(): void {
    cache = undefined
    dirty.close()
    all.clear()
    listed.clear()
    asked.clear()
    queue.close()
    watched.clear()
    requests.value = []
    requestsMore.value = undefined
  }

  function titleOf(chat: ChatRef): string {
    return nameOf(chat.dstObj)
  }

  return {
    all, friends, blocked, requests, requestsMore, waiting, get, nameOf, named, titleOf, put, want, refresh, loadFriends, loadRequests, moreRequests,
    loadBlocked, presence, watch, watchAgain, contact, open, close,
  }
})

function asAnswer({ email, uname, avatar, seenAt }: Person): UserAnswer {
  return { email, uname, avatar, seen: seenAt }
}
