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
