/** The message type of a video (docs/PROTOCOL.md). */
export const VIDEO = 3
