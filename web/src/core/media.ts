import { withoutTurns } from './bidi'

/** Addresses of files (docs/PROTOCOL.md, "v2: files"): /file/<fid>, sent out with a signature behind a `?`. */
const FILE = /^\/file\/([0-9a-f]{32})(?:\/\d+)?(\?.*)?$/

export function isFile(address: string): boolean {
  return FILE.test(address)
}

/** What names a file whatever its signature is. */
export function fileId(address: string): string | undefined {
  return FILE.exec(address)?.[1]
}

/** The address of a smaller form, at least `width` pixels wide where the picture is. Other addresses stay. */
export function thumbnail(address: string, width: number): string {
  const match = FILE.exec(address)
  return match ? `/file/${match[1]}/${width}${match[2] ?? ''}` : address
}

/** Pictures and videos may come from anywhere that speaks HTTP; nothing else is an address. */
export function mediaUrl(content: string | undefined): string | undefined {
  if (content === undefined) return undefined
  if (isFile(content)) return content
  return /^https?:\/\/[^\s]+$/i.test(content) ? content : undefined
}

/** Whether the signature of an address is over (docs/PROTOCOL.md, "v2: files": `?s=<expiry, hex seconds>.<mac>`). */
export function isExpired(address: string, now = Date.now()): boolean {
  const until = /\?s=([0-9a-f]{1,12})\./.exec(address)?.[1]
  return isFile(address) && until !== undefined && Number.parseInt(until, 16) * 1000 <= now
}

/** What a sender says of a file, as far as it makes sense: `ext` is anybody's text. */
export interface FileInfo {
  name: string
  size: number | undefined
  mime: string
  width: number | undefined
  height: number | undefined
  /** Seconds. */
  duration: number | undefined
  /** A tiny picture as a data: URL. */
  blur: string | undefined
}

const NAME_MAX = 255
const PIXELS_MAX = 100_000
const DURATION_MAX = 7 * 86_400
const BLUR = /^data:image\/(?:png|jpeg|webp|gif);base64,[A-Za-z0-9+/=]{1,2000}$/
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g

function within(value: unknown, max: number): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 && value <= max ? value : undefined
}

export function fileInfo(ext: unknown): FileInfo {
  const said = (typeof ext === 'object' && ext !== null ? ext : {}) as Record<string, unknown>
  const name = typeof said['name'] === 'string' ? withoutTurns(said['name']).replace(CONTROLS, ' ').trim().slice(0, NAME_MAX) : ''
  return {
    name,
    size: within(said['size'], Number.MAX_SAFE_INTEGER),
    mime: typeof said['mime'] === 'string' ? said['mime'].slice(0, NAME_MAX) : '',
    width: within(said['width'], PIXELS_MAX),
    height: within(said['height'], PIXELS_MAX),
    duration: within(said['duration'], DURATION_MAX),
    blur: typeof said['blur'] === 'string' && BLUR.test(said['blur']) ? said['blur'] : undefined,
  }
}

/** The room that a picture gets before it is there, within bounds; shape 4:3 where nobody says. */
export function fitted(info: FileInfo, maxWidth: number, maxHeight: number): { width: number; height: number } {
  const width = info.width ?? 4
  const height = info.height ?? 3
  const ratio = Math.min(Math.max(width / height, 1 / 3), 4)
  const bound = info.width === undefined ? maxWidth : Math.min(maxWidth, Math.max(info.width, 80))
  const wide = Math.min(bound, maxHeight * ratio)
  return { width: Math.round(wide), height: Math.round(wide / ratio) }
}
