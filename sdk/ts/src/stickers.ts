import type { Rest } from './rest.js'
import { MessageType, type SendOptions } from './types.js'

export interface Sticker {
  /** May be empty. */
  name: string
  /** The picture's signed address: for showing, and for sending. */
  file: string
}

export interface StickerPack {
  id: number
  name: string
  /** An email; empty: the server's own. */
  owner: string
  icon: string
  /** Anybody may find and add it. */
  shared: boolean
  /** One may change it. */
  mine: boolean
  createAt: number
  /** How many stickers it has; `stickers` may be the first of them. */
  count: number
  stickers: Sticker[]
}

/** `file`, `icon`: addresses of pictures that were uploaded, signed or not. */
export interface StickerDraft {
  name?: string
  file: string
}

export interface PackDraft {
  name: string
  stickers: StickerDraft[]
  /** Else the first sticker. */
  icon?: string
  shared?: boolean
}

/** Packs of stickers: one's list, one's own, and those to be found. */
export class Stickers {
  constructor(private readonly rest: Rest) {}

  /** One's list, in order. */
  async packs(): Promise<StickerPack[]> {
    return (await this.rest.get<{ packs: StickerPack[] }>('/sticker/packs')).packs
  }

  /** One pack with all its stickers, own or shared: of a message's `ext.pack`, say. */
  pack(id: number): Promise<StickerPack> {
    return this.rest.get('/sticker/pack', { id })
  }

  /** Shared packs by name, the newest first, each with its first stickers; a cursor says that there are more. */
  find(q = '', where: { cursor?: number; limit?: number } = {}): Promise<{ packs: StickerPack[]; cursor?: number }> {
    return this.rest.get('/sticker/find', { q, ...where })
  }

  create(pack: PackDraft): Promise<StickerPack> {
    return this.rest.post('/sticker/create', pack)
  }

  /** What is left out stays; `stickers` replaces them all. */
  edit(id: number, changes: Partial<PackDraft>): Promise<StickerPack> {
    return this.rest.put('/sticker/edit', { id, ...changes })
  }

  delete(id: number): Promise<true> {
    return this.rest.post('/sticker/delete', { id })
  }

  /** A shared pack into one's list. */
  add(id: number): Promise<true> {
    return this.rest.post('/sticker/add', { id })
  }

  /** Somebody else's pack out of one's list. */
  remove(id: number): Promise<true> {
    return this.rest.post('/sticker/remove', { id })
  }

  /** These first, in this order; the others behind them, as they were. */
  order(ids: number[]): Promise<true> {
    return this.rest.put('/sticker/order', { ids })
  }
}

/** What send() takes for a sticker of a pack. */
export function stickerMessage(pack: { id: number }, sticker: Sticker): { content: string; options: SendOptions } {
  const content = sticker.file.replace(/\?.*$/, '')
  return { content, options: { msgType: MessageType.Sticker, ext: { pack: pack.id, name: sticker.name } } }
}
