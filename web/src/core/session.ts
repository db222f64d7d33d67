import { Client, Rest, type ConnectionState, type Credentials, type User } from '@im-service/client'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { CacheStorage } from './cache/clientStorage'
import { deleteCache, openCache, type Cache } from './cache/db'
import { MessageCache } from './cache/messages'
import { deviceName, releaseSlot, takeSlot } from './cache/slot'

const SAVED = 'im.session'

export interface Me {
  email: string
  uname: string
  avatar: string
}

interface Saved {
  token: string
  me: Me
}

function saved(): Saved | undefined {
  try {
    return JSON.parse(localStorage.getItem(SAVED) ?? 'null') ?? undefined
  } catch {
    return undefined
  }
}

/** Who is logged in, and the connection. `wire` (core/wire.ts) brings what comes over it into the other stores. */
export const useSession = defineStore('session', () => {
  const me = ref<Me | undefined>(saved()?.me)
  const state = ref<ConnectionState>('offline')
  const client = shallowRef<Client>()
  const cache = shallowRef<Cache>()
  /** The cache is open and the stores are filled from it: screens may be shown. */
  const ready = ref(false)
  /** Why the server ended the session, for the log-in page. */
  const endedBy = ref<string>()
  let token = saved()?.token
  /** Of this tab: core/cache/slot.ts. */
  let slot = 0
  const anonymous = new Rest(location.origin)

  const loggedIn = computed(() => me.value !== undefined)
  const rest = computed(() => client.value?.rest ?? anonymous)

  function keep(user: User): void {
    token = user.token ?? token
    me.value = { email: user.email, uname: user.uname ?? '', avatar: user.avatar ?? '' }
    localStorage.setItem(SAVED, JSON.stringify({ token: token ?? '', me: me.value } satisfies Saved))
  }

  async function login(email: string, password: string): Promise<void> {
    keep(await anonymous.login(email.trim(), password))
    endedBy.value = undefined
  }

  async function register(email: string, password: string, uname: string, invite?: string): Promise<void> {
    keep(await anonymous.register(email.trim(), password, uname.trim(), invite?.trim() || undefined))
    endedBy.value = undefined
  }

  /** Makes the client for who is logged in; it does not connect yet. */
  async function start(): Promise<{ client: Client; cache: Cache; messages: MessageCache; slot: number }> {
    if (me.value === undefined || token === undefined) throw new Error('nobody is logged in')
    slot = await takeSlot()
    const opened = await openCache(me.value.email)
    const messages = new MessageCache(opened)
    const made = new Client({
      url: location.origin,
      credentials: { email: me.value.email, token } satisfies Credentials,
      device: deviceName(slot),
      storage: new CacheStorage(opened, slot, () => messages.flush()),
    })
    made.on('state', (now) => (state.value = now))
    cache.value = opened
    client.value = made
    return { client: made, cache: opened, messages, slot }
  }

  function stop(): void {
    ready.value = false
    client.value?.close()
    client.value = undefined
    cache.value?.close()
    cache.value = undefined
    releaseSlot(slot)
    state.value = 'offline'
  }

  function forget(reason?: string): void {
    stop()
    me.value = undefined
    token = undefined
    endedBy.value = reason
    localStorage.removeItem(SAVED)
  }

  /** Ends the session on the server and drops what this browser keeps of it. */
  async function logout(): Promise<void> {
    const email = me.value?.email
    await rest.value.post('/user/logout').catch(() => undefined)
    forget()
    if (email !== undefined) await deleteCache(email)
  }

  async function editProfile(uname: string, avatar: string): Promise<void> {
    keep(await rest.value.put<User>('/user/edit_user', { uname, avatar }))
  }

  return { me, state, ready, client, cache, rest, endedBy, loggedIn, keep, login, register, start, stop, forget, logout, editProfile }
})
