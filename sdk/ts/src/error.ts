/** A refusal by the server, or what kept a request from reaching it. */
export class ImError extends Error {
  /** The protocol's code, 1999 to 2112; 401 without a valid token; 0 when the server was not reached. */
  readonly code: number
  /** Seconds until it is worth trying again. */
  readonly retryAfter: number | undefined
  /** Of the HTTP answer; undefined where there was none. */
  readonly status: number | undefined

  constructor(code: number, message: string, retryAfter?: number, status?: number) {
    super(message)
    this.name = 'ImError'
    this.code = code
    this.retryAfter = retryAfter
    this.status = status
  }
}

/** 2108: too many, later. */
export const TOO_MANY = 2108
/** 2109: not there, or not for the caller to see. */
export const NOT_FOUND = 2109
export const UNAUTHORIZED = 401
export const UNREACHABLE = 0
