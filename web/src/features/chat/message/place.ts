/** Places and cards have no form of their own in the protocol: what applications send is taken as far as it makes sense. */
export interface PlaceInfo {
  name: string
  latitude: number | undefined
  longitude: number | undefined
}

export interface CardInfo {
  email: string | undefined
  group: string | undefined
  name: string
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function said(content: string | undefined, ext: unknown): Record<string, unknown> {
  try {
    return { ...record(ext), ...record(JSON.parse(content ?? '')) }
  } catch {
    return record(ext)
  }
}

function textOf(...values: unknown[]): string {
  return values.find((value): value is string => typeof value === 'string' && value.trim() !== '')?.slice(0, 300) ?? ''
}

function degrees(max: number, ...values: unknown[]): number | undefined {
  return values.map((value) => (typeof value === 'number' ? value : Number.NaN)).find((value) => Math.abs(value) <= max)
}

function plainContent(content: string | undefined): string {
  return content !== undefined && !/^\s*[{[]/.test(content) ? content : ''
}

export function placeInfo(content: string | undefined, ext: unknown): PlaceInfo {
  const all = said(content, ext)
  return {
    name: textOf(all['name'], all['title'], all['address'], plainContent(content)),
    latitude: degrees(90, all['lat'], all['latitude']),
    longitude: degrees(180, all['lng'], all['lon'], all['longitude']),
  }
}

const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,190}$/

export function cardInfo(content: string | undefined, ext: unknown): CardInfo {
  const all = said(content, ext)
  const plain = plainContent(content).trim()
  const email = [all['email'], all['userEmail'], all['dstObj'], plain].find((value): value is string => typeof value === 'string' && EMAIL.test(value))
  const group = [all['group'], all['dstObj'], plain].map(String).find((value) => /^[1-9]\d{0,15}$/.test(value))
  return { email, group: email === undefined ? group : undefined, name: textOf(all['uname'], all['name'], plain) }
}
