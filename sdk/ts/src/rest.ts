import { ImError, UNREACHABLE } from './error.js'

export interface Credentials {
  email: string
  token: string
}

export interface User {
  id: number
  email: string
  uname?: string
  avatar?: string
  createAt: number
  online: 0 | 1
  token?: string
}

type Query = Record<string, string | number | boolean | undefined>

/** Calls over HTTP. Every refusal is an ImError with the protocol's code. */
export class Rest {
  credentials: Credentials | undefined

  constructor(
    readonly baseUrl: string,
    private readonly fetcher: typeof fetch = fetch.bind(globalThis),
    private readonly timeoutMs = 15_000,
  ) {}

  async register(email: string, password: string, uname: string, invite?: string): Promise<User> {
    return this.enter('/user/register', { email, password, uname, ...(invite === undefined ? {} : { invite }) })
  }

  async login(email: string, password: string): Promise<User> {
    return this.enter('/user/login', { email, password })
  }

  private async enter(path: string, body: object): Promise<User> {
    const user = await this.post<User>(path, body)
    this.credentials = { email: user.email, token: user.token! }
    return user
  }

  get<T>(path: string, query: Query = {}): Promise<T> {
    const pairs = Object.entries(query).filter(([, value]) => value !== undefined)
    const text = new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString()
    return this.call<T>('GET', text === '' ? path : `${path}?${text}`)
  }

  post<T>(path: string, body: object = {}): Promise<T> {
    return this.call<T>('POST', path, body)
  }

  put<T>(path: string, body: object = {}): Promise<T> {
    return this.call<T>('PUT', path, body)
  }

  private async call<T>(method: string, path: string, body?: object): Promise<T> {
    const headers: Record<string, string> = { v: '2' }
    if (this.credentials) Object.assign(headers, { email: this.credentials.email, token: this.credentials.token })
    if (body) headers['Content-Type'] = 'application/json'
    let response: Response
    try {
      response = await this.fetcher(this.baseUrl + path, {
        method,
        headers,
        signal: AbortSignal.timeout(this.timeoutMs),
        ...(body ? { body: JSON.stringify(body) } : {}),
      })
    } catch (error) {
      throw new ImError(UNREACHABLE, error instanceof Error ? error.message : String(error))
    }
    return answerOf<T>(response)
  }
}

async function answerOf<T>(response: Response): Promise<T> {
  const text = await response.text()
  const retryAfter = Number(response.headers.get('Retry-After') ?? NaN)
  let answer: { code?: number; msg?: string; data?: T }
  try {
    answer = JSON.parse(text)
  } catch {
    throw new ImError(response.status, text.slice(0, 200)) // 401 has a text of its own.
  }
  if (answer.code === 0) return answer.data as T
  throw new ImError(answer.code ?? response.status, answer.msg ?? '', Number.isNaN(retryAfter) ? undefined : retryAfter)
}
