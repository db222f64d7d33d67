import { crc32, deflateSync } from 'node:zlib'

export type Colour = [red: number, green: number, blue: number]

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const head = Buffer.alloc(4)
  head.writeUInt32BE(data.length)
  const tail = Buffer.alloc(4)
  tail.writeUInt32BE(crc32(body))
  return Buffer.concat([head, body, tail])
}

/** A picture whose pixels are asked for, x and y from 0 to 1. */
export function drawn(width: number, height: number, pixel: (x: number, y: number) => Colour): Buffer {
  const rows = Buffer.alloc(height * (1 + width * 3))
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) rows.set(pixel(x / width, y / height).map(Math.round), y * (1 + width * 3) + 1 + x * 3)
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))])
}

/** A picture of a colour, or of a grey, that runs into another: enough to see what is up and what is left. */
export function png(width: number, height: number, from: Colour | number = 200, to: Colour = [0, 0, 0]): Buffer {
  const first: Colour = typeof from === 'number' ? [from, from, from] : from
  return drawn(width, height, (x, y) => first.map((part, index) => part + (to[index]! - part) * (x + y) * 0.5) as Colour)
}

/** Hills behind hills, under a clear sky. */
export function hills(width: number, height: number): Buffer {
  const sky: [Colour, Colour] = [[120, 170, 215], [250, 215, 170]]
  const ridges: { at: number; tall: number; bends: number; colour: Colour }[] = [
    { at: 0.5, tall: 0.1, bends: 5, colour: [135, 165, 175] },
    { at: 0.62, tall: 0.09, bends: 8, colour: [85, 130, 125] },
    { at: 0.78, tall: 0.07, bends: 11, colour: [45, 90, 75] },
  ]
  return drawn(width, height, (x, y) => {
    const front = ridges.findLast(({ at, tall, bends }) => y > at - tall * Math.sin(x * bends + at * 40) - tall * 0.4 * Math.sin(x * bends * 2.7))
    return front?.colour ?? (sky[0].map((part, index) => part + (sky[1][index]! - part) * Math.min(1, y * 1.6)) as Colour)
  })
}
