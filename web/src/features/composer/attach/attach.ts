import type { FileKind } from '@/core/limits'

/** A file that is about to be sent. */
export interface Attachment {
  id: number
  file: File
  kind: FileKind
  /** Where it may be looked at; of pictures and videos. */
  preview: string | undefined
}

const IMAGES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])
const VIDEOS = new Set(['video/mp4', 'video/webm'])
const PROBE_MS = 5000

/** As the server will find it, most likely: it reads the content. */
export function kindOf(type: string): FileKind {
  const [mime = ''] = type.toLowerCase().split(';')
  if (IMAGES.has(mime)) return 'image'
  if (VIDEOS.has(mime)) return 'video'
  return mime.startsWith('audio/') ? 'audio' : 'file'
}

export function msgTypeOf(kind: FileKind): number {
  return { image: 2, video: 3, audio: 8, file: 8 }[kind]
}

/** The files of a paste or a drop; folders are left out. */
export function filesOf(data: DataTransfer | null): File[] {
  if (!data) return []
  const items = [...data.items].filter(({ kind }) => kind === 'file')
  if (items.length === 0) return [...data.files]
  return items.filter((item) => item.webkitGetAsEntry?.()?.isDirectory !== true).flatMap((item) => item.getAsFile() ?? [])
}

function eventOf(target: EventTarget, name: string): Promise<boolean> {
  return new Promise((done) => {
    const timer = setTimeout(() => done(false), PROBE_MS)
    const settle = (worked: boolean) => () => {
      clearTimeout(timer)
      done(worked)
    }
    target.addEventListener(name, settle(true), { once: true })
    target.addEventListener('error', settle(false), { once: true })
  })
}

/** Width, height and duration (s), as far as this browser can tell. */
export async function measure(kind: FileKind, address: string): Promise<Record<string, number>> {
  if (kind === 'image') {
    const image = new Image()
    const loaded = eventOf(image, 'load')
    image.src = address
    return (await loaded) && image.naturalWidth > 0 ? { width: image.naturalWidth, height: image.naturalHeight } : {}
  }
  if (kind !== 'video' && kind !== 'audio') return {}
  const media = document.createElement(kind)
  media.preload = 'metadata'
  const loaded = eventOf(media, 'loadedmetadata')
  media.src = address
  if (!(await loaded)) return {}
  const found: Record<string, number> = {}
  if (media instanceof HTMLVideoElement && media.videoWidth > 0) Object.assign(found, { width: media.videoWidth, height: media.videoHeight })
  if (Number.isFinite(media.duration) && media.duration > 0) found['duration'] = Math.round(media.duration * 10) / 10
  media.removeAttribute('src')
  return found
}
