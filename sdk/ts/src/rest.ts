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

export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined
  timeoutMs?: number
}

export interface BodyOptions extends CallOptions {
  /** How many bytes of the body have left so far, where the platform tells: browsers do. */
  onSent?: ((bytes: number) => void) | undefined
}

/** The slowest line that is waited for: bytes a millisecond. */
const SLOWEST = 4

/** Calls over HTTP. Every refusal is an ImError with the protocol's code. */
export class Rest {
  credentials: Credentials | undefined

  constructor(
    readonly baseUrl: string,
    private readonly fetcher?: typeof fetch,
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

  get<T>(path: string, query: Query = {}, options: CallOptions = {}): Promise<T> {
    const pairs = Object.entries(query).filter(([, value]) => value !== undefined)
    const text = new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString()
    return this.call<T>('GET', text === '' ? path : `${path}?${text}`, undefined, options)
  }

  post<T>(path: string, body: object = {}, options: CallOptions = {}): Promise<T> {
    return this.call<T>('POST', path, body, options)
  }

  put<T>(path: string, body: object = {}, options: CallOptions = {}): Promise<T> {
    return this.call<T>('PUT', path, body, options)
  }

  /** A body that is sent as it is. Without a timeoutMs it has as long as a slow line needs. */
  send<T>(method: 'POST' | 'PUT', path: string, body: Blob, options: BodyOptions = {}): Promise<T> {
    const headers = { ...this.headers(), 'Content-Type': body.type || 'application/octet-stream' }
    const timeoutMs = options.timeoutMs ?? this.timeoutMs + body.size / SLOWEST
    if (this.fetcher === undefined && typeof XMLHttpRequest !== 'undefined')
      return sendByXhr<T>(method, this.baseUrl + path, headers, body, { ...options, timeoutMs }, answerOf)
    return this.fetched<T>(this.baseUrl + path, { method, headers, body }, { ...options, timeoutMs }, answerOf)
  }

  /** A body for somebody else than the server, who tells by the status alone how it went. Nothing of the user's goes with
   * it. */
  async sendElsewhere(url: string, headers: Record<string, string>, body: Blob, options: BodyOptions = {}): Promise<void> {
    const timeoutMs = options.timeoutMs ?? this.timeoutMs + body.size / SLOWEST
    if (this.fetcher === undefined && typeof XMLHttpRequest !== 'undefined')
      return sendByXhr('PUT', url, headers, body, { ...options, timeoutMs }, takenOf)
    return this.fetched(url, { method: 'PUT', headers, body }, { ...options, timeoutMs }, takenOf)
  }

  private headers(): Record<string, string> {
    return { v: '2', ...(this.credentials && { email: this.credentials.email, token: this.credentials.token }) }
  }

  private call<T>(method: string, path: string, body: object | undefined, options: CallOptions): Promise<T> {
    const headers = this.headers()
    if (body) headers['Content-Type'] = 'application/json'
    const request = { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) }
    return this.fetched<T>(this.baseUrl + path, request, options, answerOf)
  }

  private async fetched<T>(url: string, request: RequestInit, options: CallOptions, read: AnswerReader<T>): Promise<T> {
    const { signal } = options
    const ending = new AbortController()
    const timer = setTimeout(() => ending.abort(new Error('timeout')), options.timeoutMs ?? this.timeoutMs)
    const aborted = (): void => ending.abort(signal?.reason)
    signal?.addEventListener('abort', aborted)
    try {
      signal?.throwIfAborted()
      const fetcher = this.fetcher ?? fetch
      const response = await fetcher(url, { ...request, signal: ending.signal })
      return read(response.status, await response.text(), () => response.headers.get('Retry-After'))
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof ImError) throw error
      throw new ImError(UNREACHABLE, error instanceof Error ? error.message : String(error))
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', aborted)
    }
  }
}

/** fetch does not tell how far a body has got. */
function sendByXhr<T>(
  method: string,
  url: string,
  headers: Record<string, string>,
  body: Blob,
  options: BodyOptions,
  read: AnswerReader<T>,
): Promise<T> {
  const { signal } = options
  return new Promise<T>((done, failed) => {
    const request = new XMLHttpRequest()
    const abort = (): void => request.abort()
    const unreachable = (): void => failed(new ImError(UNREACHABLE, 'the server was not reached'))
    request.open(method, url)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.timeout = options.timeoutMs ?? 0
    request.upload.onprogress = ({ loaded }) => options.onSent?.(Math.min(loaded, body.size))
    request.onerror = unreachable
    request.ontimeout = unreachable
    request.onabort = () => failed(signal?.reason ?? new ImError(UNREACHABLE, 'aborted'))
    request.onloadend = () => signal?.removeEventListener('abort', abort)
    request.onload = () => {
      try {
        done(read(request.status, request.responseText, () => request.getResponseHeader('Retry-After')))
      } catch (error) {
        failed(error)
      }
    }
    if (signal?.aborted) return failed(signal.reason)
    signal?.addEventListener('abort', abort)
    request.send(body)
  })
}

type AnswerReader<T> = (status: number, text: string, retryAfter: () => string | null) => T

function takenOf(status: number, text: string): void {
  if (status < 200 || status > 299) throw new ImError(status, text.slice(0, 200), undefined, status)
}

function answerOf<T>(status: number, text: string, retryAfterHeader: () => string | null): T {
  const retryAfter = Number(retryAfterHeader() ?? NaN)
  let answer: { code?: number; msg?: string; data?: T }
  try {
    answer = JSON.parse(text)
  } catch {
    throw new ImError(status, text.slice(0, 200), undefined, status) // 401 has a text of its own.
  }
  if (answer.code === 0) return answer.data as T
  throw new ImError(answer.code ?? status, answer.msg ?? '', Number.isNaN(retryAfter) ? undefined : retryAfter, status)
}
