import { chatKey, type ChatRef, type Message, type SendOptions } from '@im-service/client'

/** Where something may be forwarded to. */
export interface Target extends ChatRef {
  key: string
  name: string
}

export const TARGETS_MAX = 20

/** Chats first, as they stand in their list, then friends and groups that have no chat yet. */
export function targetsOf(chats: Target[], friends: Target[], groups: Target[]): Target[] {
  const all = new Map<string, Target>()
  for (const target of [...chats, ...friends, ...groups]) if (!all.has(target.key)) all.set(target.key, target)
  return [...all.values()]
}

export function targetOf(chat: ChatRef, name: string): Target {
  return { chat: chat.chat, dstObj: chat.dstObj, key: chatKey(chat), name }
}

export function matching(targets: Target[], filter: string): Target[] {
  const wanted = filter.trim().toLowerCase()
  return wanted === '' ? targets : targets.filter(({ name, dstObj }) => name.toLowerCase().includes(wanted) || dstObj.toLowerCase().includes(wanted))
}

const MERGED = 12

/** What is sent for it to one chat: the server copies, and says whose it was. */
export function forwards(from: ChatRef, messages: Message[], merged: boolean, title: string): { content: string; options: SendOptions }[] {
  const { chat, dstObj } = from
  const seqs = messages.map(({ seq }) => seq)
  if (merged) return [{ content: title, options: { msgType: MERGED, fwd: { chat, dstObj, seqs } } }]
  return messages.map((message) => ({
    content: message.content ?? '',
    options: { ...(message.msgType === MERGED ? {} : { msgType: message.msgType }), fwd: { chat, dstObj, seqs: [message.seq] } },
  }))
}
