/** A colour that belongs to an address: degrees of the colour circle. */
export function hueOf(seed: string): number {
  let sum = 0
  for (const character of seed) sum = (sum * 31 + character.codePointAt(0)!) % 360
  return sum
}
