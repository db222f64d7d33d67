import { computed, shallowRef, type Ref } from 'vue'
import { chatPath } from '@/core/chat'
import { useChats } from '@/core/chats'
import { useGroups } from '@/core/groups'
import { usePeople } from '@/core/people'
import { useSession } from '@/core/session'
import { useTitles } from '@/core/title'
import { matches } from '@/ui/textMatch'

export interface NameHit {
  name: string
  sub: string
  seed: string
  picture: string
  to: string
}

const SHOWN_MAX = 8

interface FoundUser {
  email: string
  uname?: string
  avatar?: string
}

interface FoundGroup {
  id: number
  name: string
  icon?: string
}

/** What is known here is found at once, without a connection too; whom one does not know is asked of the server. */
export function useNameSearch(query: Ref<string>) {
  const session = useSession()
  const allChats = useChats()
  const allPeople = usePeople()
  const allGroups = useGroups()
  const { titleOf, pictureOf } = useTitles()
  const others = shallowRef<NameHit[]>([])
  const otherGroups = shallowRef<NameHit[]>([])
  let turn = 0

  const isEmpty = computed(() => query.value.trim() === '')
  const chats = computed(() =>
    isEmpty.value
      ? []
      : allChats.sorted
          .filter((chat) => matches(`${titleOf(chat)} ${chat.chat === 10 ? chat.dstObj : ''}`, query.value))
          .slice(0, SHOWN_MAX)
          .map((chat) => ({ name: titleOf(chat), sub: chat.chat === 10 ? chat.dstObj : '', seed: chat.dstObj, picture: pictureOf(chat), to: chatPath(chat) })),
  )

  function known(hits: NameHit[], found: NameHit[]): NameHit[] {
    const there = new Set(hits.map(({ seed }) => seed.toLowerCase()))
    return [...hits, ...found.filter(({ seed }) => !there.has(seed.toLowerCase()))].slice(0, SHOWN_MAX)
  }

  const people = computed(() => {
    if (isEmpty.value) return []
    const friends = allPeople.friends
      .filter(({ email, uname, remark, tags }) => matches([email, uname, remark, ...tags].join(' '), query.value))
      .map(({ email, avatar }) => ({ name: allPeople.nameOf(email), sub: email, seed: email, picture: avatar, to: chatPath({ chat: 10, dstObj: email }) }))
    return known(friends, others.value)
  })
  const groups = computed(() => {
    if (isEmpty.value) return []
    const mine = allGroups.mine
      .filter(({ id, name }) => matches(`${name} ${id}`, query.value))
      .map(({ id, name, icon }) => ({ name, sub: '', seed: id, picture: icon, to: chatPath({ chat: 11, dstObj: id }) }))
    return known(mine, otherGroups.value)
  })
  const empty = computed(() => chats.value.length + people.value.length + groups.value.length === 0)

  async function ask(): Promise<void> {
    const mine = ++turn
    others.value = []
    otherGroups.value = []
    const info = query.value.trim()
    if (info === '') return
    const me = session.me?.email.toLowerCase()
    const [users, found] = await Promise.all([
      session.rest.get<FoundUser[]>('/user/search_friend', { info }).catch(() => []),
      session.rest.get<FoundGroup[]>('/community/search_community', { info }).catch(() => []),
    ])
    if (mine !== turn) return
    others.value = users
      .filter(({ email }) => email.toLowerCase() !== me)
      .map(({ email, uname, avatar }) => ({ name: uname || email, sub: email, seed: email, picture: avatar ?? '', to: `/contacts/user/${encodeURIComponent(email)}` }))
    otherGroups.value = found.map(({ id, name, icon }) => ({ name, sub: `#${id}`, seed: String(id), picture: icon ?? '', to: `/contacts/group/${id}` }))
  }

  return { chats, people, groups, empty, ask }
}
