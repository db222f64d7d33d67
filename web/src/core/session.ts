import { Client, Rest, type ConnectionState, type Credentials, type Storage, type User } from '@im-service/client'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { ahead as asked } from '@/ahead'
import { CacheStorage } from './cache/clientStorage'
import { deleteCache, openCache, type Cache } from './cache/db'
import { Late, LateStorage } from './cache/late'
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
  /** Enough is in the stores, from the cache or from the server: screens may be shown. */
  const ready = ref(false)
  /** The cache is open, and the stores are filled from it. */
  const kept = ref(false)
  /** Why the server ended the session, for the log-in page. */
  const endedBy = ref<string>()
  let token = saved()?.token
  /** Of this tab: core/cache/slot.ts. */
  let slot = 0
  let storage = new Late<Storage>()
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

  /** Makes the client for who is logged in. It does not connect yet, and what it is to keep waits for the cache.
   * undefined: he is logged out again. */
  async function start(): Promise<Client | undefined> {
    const whose = credentials()
    if (!whose) throw new Error('nobody is logged in')
    const own = await takeSlot()
    if (credentials()?.token !== whose.token) {
      releaseSlot(own)
      return undefined
    }
    slot = own
    storage = new Late()
    const made = new Client({ url: location.origin, credentials: whose, device: deviceName(slot), storage: new LateStorage(storage) })
    made.on('state', (now) => (state.value = now))
    client.value = made
    return made
  }

  /** Opens what this browser keeps for that client's user. undefined: he is logged out by now. */
  async function open(made: Client): Promise<{ cache: Cache; messages: MessageCache; slot: number } | undefined> {
    const opened = await openCache(made.email)
    if (client.value !== made) {
      opened.close()
      return undefined
    }
    const messages = new MessageCache(opened)
    storage.come(new CacheStorage(opened, slot, () => messages.flush()))
    cache.value = opened
    return { cache: opened, messages, slot }
  }

  function credentials(): Credentials | undefined {
    return me.value === undefined || token === undefined ? undefined : { email: me.value.email, token }
  }

  /** What was asked for before the client was there (src/ahead.ts). undefined: nothing was. */
  function ahead<T>(path: string): Promise<T> | undefined {
    const whose = credentials()
    return whose && asked.take<T>(whose, path)
  }

  function stop(): void {
    asked.drop()
    ready.value = kept.value = false
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

  return { me, state, ready, kept, client, cache, rest, endedBy, loggedIn, keep, login, register, start, open, ahead, stop, forget, logout, editProfile }
})
