/** The server's bounds (docs/PROTOCOL.md). */
export const NAME_MAX = 64
export const MEMO_MAX = 512
export const INVITES_MAX = 500
