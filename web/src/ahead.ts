/* Begins what takes longest before anything else of the client is there: asks the server for what the first picture of
 * who is logged in shows, while the code that will draw it still loads. Imports nothing, so that it runs at once. */

/** Of core/session.ts. */
const SAVED = 'im.session'
/** More than a screen has rows. */
const ROWS = 50
/** An answer that nobody wanted so long is not up to date any more. */
const FRESH_MS = 10_000

/** As core/timeline.ts asks for it. */
export const PAGE = 60
export const LIST = `/conv/list?limit=${ROWS}`

export interface Whose {
  email: string
  token: string
}

interface Asked {
  whose: Whose
  at: number
  answer: Promise<unknown>
}

export function pageOf(chat: number, dstObj: string): string {
  return `/msg/pull?chat=${chat}&dstObj=${encodeURIComponent(dstObj)}&limit=${PAGE}`
}

/** Calls that the first picture at this address needs. */
export function neededAt(hash: string): string[] {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?')
  if (path !== '' && path !== '/' && !/^\/chats(\/|$)/.test(path)) return []
  const chat = /^\/chats\/(10|11)\/([^/]+)$/.exec(path)
  // Another place of the chat is read otherwise.
  if (!chat || new URLSearchParams(query).has('at')) return [LIST]
  try {
    return [LIST, pageOf(Number(chat[1]), decodeURIComponent(chat[2]!))]
  } catch {
    return [LIST]
  }
}

/** Answers on their way, each of which can be had once, by whom it was asked for. */
export class Ahead {
  private readonly asked = new Map<string, Asked>()

  constructor(
    private readonly fetcher: typeof fetch,
    private readonly now: () => number = () => performance.now(),
  ) {}

  ask(whose: Whose, path: string): void {
    const answer = this.read(whose, path)
    answer.catch(() => undefined) // Whoever wants it hears of it.
    this.asked.set(path, { whose, at: this.now(), answer })
  }

  private async read({ email, token }: Whose, path: string): Promise<unknown> {
    const response = await this.fetcher(path, { headers: { v: '2', email, token } })
    const { code, data } = (await response.json()) as { code: number; data: unknown }
    if (code !== 0) throw new Error(`${path}: ${code}`)
    return data
  }

  /** undefined: it was not asked for, not by this user, or too long ago. Rejects if it failed: it is to be asked for again. */
  take<T>({ email, token }: Whose, path: string): Promise<T> | undefined {
    const found = this.asked.get(path)
    this.asked.delete(path)
    if (!found || found.whose.email !== email || found.whose.token !== token || this.now() - found.at > FRESH_MS) return undefined
    return found.answer as Promise<T>
  }

  /** Nothing of what was asked for is wanted any more. */
  drop(): void {
    this.asked.clear()
  }
}

function savedUser(): Whose | undefined {
  try {
    const saved = JSON.parse(localStorage.getItem(SAVED) ?? 'null') as { token?: string; me?: { email?: string } } | null
    const [email, token] = [saved?.me?.email, saved?.token]
    return email && token ? { email, token } : undefined
  } catch {
    return undefined
  }
}

/** The texts in the language of core/prefs.ts: index.html names both, and one is loaded with the code. */
function preloadTexts(): void {
  const browser = navigator.languages.some((language) => language.toLowerCase().startsWith('zh')) ? 'zh-CN' : 'en'
  const wanted = localStorage.getItem('im.language') ?? browser
  for (const link of document.querySelectorAll<HTMLLinkElement>('link[data-texts]')) if (link.dataset['texts'] === wanted) link.rel = 'modulepreload'
}

export const ahead = new Ahead((input, init) => fetch(input, init))
preloadTexts()
const user = savedUser()
if (user) for (const path of neededAt(location.hash)) ahead.ask(user, path)
