import type { ChatRef, Frame } from '@im-service/client'
import { defineStore } from 'pinia'
import { computed, reactive, ref } from 'vue'
import { plain } from './cache/clientStorage'
import type { Cache } from './cache/db'
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

interface UserAnswer {
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

export const usePeople = defineStore('people', () => {
  const session = useSession()
  const all = reactive(new Map<string, Person>())
  const requests = ref<ContactRequest[]>([])
  const asked = new Map<string, Promise<void>>()
  let cache: Cache | undefined

  const friends = computed(() =>
    [...all.values()].filter(({ friend }) => friend).sort((a, b) => nameOf(a.email).localeCompare(nameOf(b.email))),
  )
  const waiting = computed(() => requests.value.filter((request) => !request.mine && request.state === 'pending').length)

  function get(email: string): Person | undefined {
    return all.get(email.toLowerCase())
  }

  function nameOf(email: string): string {
    const person = get(email)
    return person?.remark || person?.uname || email
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
    all.set(key, person)
    void cache?.put('people', plain(person))
    return person
  }

  /** Makes sure that somebody's name and picture are known, soon. */
  function want(email: string): void {
    const key = email.toLowerCase()
    if (all.has(key) || asked.has(key) || !session.client) return
    const { rest } = session.client
    asked.set(
      key,
      rest
        .get<UserAnswer>('/user/user_info', { email })
        .then((answer) => void put(answer))
        .catch(() => undefined)
        .finally(() => setTimeout(() => asked.delete(key), 30_000)),
    )
  }

  async function loadFriends(): Promise<void> {
    const list = await session.rest.get<UserAnswer[]>('/contact/friend_list')
    const there = new Set(list.map(({ email }) => email.toLowerCase()))
    for (const [key, person] of all) if (person.friend && !there.has(key)) all.set(key, { ...person, friend: false, remark: '', tags: [] })
    for (const answer of list)
      put(answer, { friend: true, remark: answer.remark ?? '', tags: answer.tags ?? [], blocked: answer.blocked ?? false })
  }

  async function loadRequests(): Promise<void> {
    const answer = await session.rest.get<{ requests: ContactRequest[] }>('/contact/requests', { limit: 100 })
    requests.value = answer.requests
  }

  function presence(email: string, online: boolean, seenAt?: number): void {
    const person = get(email)
    if (!person) return
    person.online = online
    if (!online) person.seenAt = seenAt ?? Date.now()
  }

  /** Frame 30. What it says is little; what it changed is read anew. */
  function contact(frame: Frame): void {
    const op = String(frame['op'])
    if (CONTACT_OPS.has(op)) void loadFriends()
    if (op === 'request' || op === 'accept' || op === 'reject') void loadRequests()
  }

  async function open(opened: Cache): Promise<void> {
    cache = opened
    for (const person of await opened.getAll('people')) all.set(person.email.toLowerCase(), { ...person, online: false })
  }

  function close(): void {
    cache = undefined
    all.clear()
    asked.clear()
    requests.value = []
  }

  function titleOf(chat: ChatRef): string {
    return nameOf(chat.dstObj)
  }

  return { all, friends, requests, waiting, get, nameOf, titleOf, put, want, loadFriends, loadRequests, presence, contact, open, close }
})
