import type { ChatRef } from '@im-service/client'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { plain } from './cache/clientStorage'
import { fileId } from './media'
import { useOutbox } from './outbox'
import { useSession } from './session'

export const STICKER = 14
export const PACK_STICKERS_MAX = 120
export const STICKER_BYTES_MAX = 1024 * 1024
const RECENT_MAX = 24
const PACKS = 'stickers:packs'
const RECENT = 'stickers:recent'

export interface Sticker {
  name: string
  file: string
}

export interface StickerPack {
  id: number
  name: string
  owner: string
  icon: string
  shared: boolean
  mine: boolean
  createAt: number
  count: number
  stickers: Sticker[]
}

/** Frame 34: the list, and which pack changed. */
interface PackList {
  id: number | undefined
  ids: number[]
}

export interface PackForm {
  name: string
  stickers: Sticker[]
  shared: boolean
}

/** Sticker packs of this user (docs/PROTOCOL.md, "v2: stickers"), and which stickers were sent lately. */
export const useStickers = defineStore('stickers', () => {
  const session = useSession()
  const outbox = useOutbox()
  const packs = ref<StickerPack[]>([])
  const recent = ref<Sticker[]>([])
  const own = computed(() => packs.value.filter(({ mine }) => mine))
  /** Nothing is kept up to date that was not looked at yet. */
  let loaded = false
  /** Changes made here whose answer is not there yet, and the newest list that came meanwhile. */
  let busy = 0
  let waiting: PackList | undefined

  /** From the browser at once, then from the server. */
  async function load(): Promise<void> {
    const { cache } = session
    if (cache && packs.value.length === 0) {
      packs.value = ((await cache.get('meta', PACKS)) as StickerPack[] | undefined) ?? []
      recent.value = ((await cache.get('meta', RECENT)) as Sticker[] | undefined) ?? []
    }
    packs.value = (await session.rest.get<{ packs: StickerPack[] }>('/sticker/packs')).packs
    loaded = true
    await keepHere()
  }

  async function keepHere(): Promise<void> {
    freshen()
    await session.cache?.put('meta', plain(packs.value), PACKS)
  }

  /** After a time without a connection: what another device did is not told later. */
  function again(): void {
    if (loaded) void load().catch(() => undefined)
  }

  /** A device of this user changed something, perhaps this one. */
  async function told(list: PackList): Promise<void> {
    if (!loaded) return
    waiting = { ids: list.ids, id: list.id ?? waiting?.id }
    if (busy > 0) return
    busy++
    try {
      while (waiting) {
        const now: PackList = waiting
        waiting = undefined
        await follow(now)
      }
      await keepHere()
    } catch {
      // Read anew with the next connection, or when it is looked at.
    } finally {
      busy--
    }
  }

  async function follow({ id, ids }: PackList): Promise<void> {
    const known = new Map(packs.value.map((pack) => [pack.id, pack]))
    const unknown = ids.filter((one) => one === id || !known.has(one))
    if (unknown.length > 1) return load()
    for (const one of unknown) known.set(one, await session.rest.get<StickerPack>('/sticker/pack', { id: one }))
    packs.value = ids.flatMap((one) => known.get(one) ?? [])
  }

  /** What is told meanwhile waits: it may be older than what stands here already. */
  async function changing<T>(call: () => Promise<T>): Promise<T> {
    busy++
    try {
      return await call()
    } finally {
      busy--
      if (waiting) void told(waiting)
    }
  }

  /** Signatures end; those of the packs are new. */
  function freshen(): void {
    const known = new Map(packs.value.flatMap(({ stickers }) => stickers.map((sticker) => [fileId(sticker.file), sticker] as const)))
    recent.value = recent.value.map((sticker) => known.get(fileId(sticker.file)) ?? sticker)
  }

  function send(chat: ChatRef, sticker: Sticker, reply?: number): void {
    outbox.send(chat, sticker.file, { msgType: STICKER, ...(sticker.name === '' ? {} : { ext: { name: sticker.name } }), ...(reply === undefined ? {} : { reply }) })
    recent.value = [sticker, ...recent.value.filter(({ file }) => fileId(file) !== fileId(sticker.file))].slice(0, RECENT_MAX)
    void session.cache?.put('meta', plain(recent.value), RECENT)
  }

  async function create(form: PackForm): Promise<StickerPack> {
    return changing(async () => {
      const pack = await session.rest.post<StickerPack>('/sticker/create', form)
      packs.value = [pack, ...packs.value]
      return pack
    })
  }

  async function edit(id: number, form: PackForm): Promise<void> {
    await changing(async () => {
      const pack = await session.rest.put<StickerPack>('/sticker/edit', { id, ...form })
      packs.value = packs.value.map((one) => (one.id === id ? pack : one))
    })
  }

  /** One's own pack is deleted, another's leaves the list. */
  async function remove(pack: StickerPack): Promise<void> {
    await changing(() => session.rest.post(pack.mine ? '/sticker/delete' : '/sticker/remove', { id: pack.id }))
    packs.value = packs.value.filter(({ id }) => id !== pack.id)
  }

  async function find(q: string, cursor?: string): Promise<{ packs: StickerPack[]; cursor?: string }> {
    return session.rest.get('/sticker/find', { q, ...(cursor === undefined ? {} : { cursor }) })
  }

  async function add(id: number): Promise<void> {
    await changing(async () => {
      await session.rest.post('/sticker/add', { id })
      await load()
    })
  }

  /** Moves a pack one place up (-1) or down (1). */
  async function move(id: number, by: -1 | 1): Promise<void> {
    const at = packs.value.findIndex((pack) => pack.id === id)
    const to = at + by
    if (at < 0 || to < 0 || to >= packs.value.length) return
    const before = packs.value
    const moved = [...before]
    moved.splice(to, 0, ...moved.splice(at, 1))
    packs.value = moved
    try {
      await changing(() => session.rest.put('/sticker/order', { ids: moved.map((pack) => pack.id) }))
    } catch (error) {
      packs.value = before
      throw error
    }
  }

  /** A picture or sticker of a message becomes one of one's own, in the first pack of that name, which is made where
   * there is none. false: it is there already. */
  async function keep(file: string, packName: string): Promise<boolean> {
    await load()
    const pack = own.value.find(({ name }) => name === packName)
    if (pack?.stickers.some((sticker) => fileId(sticker.file) === fileId(file))) return false
    const sticker = { name: '', file }
    if (pack) await edit(pack.id, { name: pack.name, shared: pack.shared, stickers: [...pack.stickers, sticker] })
    else await create({ name: packName, stickers: [sticker], shared: false })
    return true
  }

  function close(): void {
    packs.value = []
    recent.value = []
    loaded = false
    waiting = undefined
  }

  return { packs, recent, own, load, again, told, send, create, edit, remove, find, add, move, keep, close }
})
