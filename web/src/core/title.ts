import type { ChatRef } from '@im-service/client'
import { useGroups } from './groups'
import { usePeople } from './people'

/** What a chat is called and looks like. */
export function useTitles() {
  const people = usePeople()
  const groups = useGroups()
  return {
    titleOf: (chat: ChatRef): string => (chat.chat === 11 ? groups.nameOf(chat.dstObj) : people.nameOf(chat.dstObj)),
    pictureOf: (chat: ChatRef): string => (chat.chat === 11 ? groups.get(chat.dstObj)?.icon : people.get(chat.dstObj)?.avatar) ?? '',
    onlineOf: (chat: ChatRef): boolean => chat.chat === 10 && people.get(chat.dstObj)?.online === true,
  }
}
