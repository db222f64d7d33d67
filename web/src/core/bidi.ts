/** Marks that turn the reading direction around: in a name they make `gpj.exe` of an `exe.jpg`, and turn a sentence. */
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/

export function withoutTurns(text: string): string {
  return text.replace(TURNS, '')
}

/** A name or a text inside of a sentence: it changes nothing of what stands around it. (Where there is an element, <bdi>
 * does it.) */
export function inSentence(text: string): string {
  const plain = withoutTurns(text)
  return RIGHT_TO_LEFT.test(plain) ? `\u2068${plain}\u2069` : plain
}
