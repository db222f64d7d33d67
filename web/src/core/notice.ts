import { useI18n } from 'vue-i18n'
import { inSentence } from './bidi'
import { fullTime } from './format'
import { usePeople } from './people'
import { useSession } from './session'

/** What happened to a group (docs/PROTOCOL.md, "v2: groups"): the content of a message of type 13, which is JSON text. */
export interface Notice {
  op: string
  users: string[]
  by: string
  /** What the op adds. */
  name: string | undefined
  content: string | undefined
  role: string | undefined
  until: number | undefined
}

const USERS_SHOWN = 5
const TEXT_MAX = 300

/** undefined: it is no notice that makes sense. */
export function parseNotice(content: string | undefined): Notice | undefined {
  let said: unknown
  try {
    said = JSON.parse(content ?? '')
  } catch {
    return undefined
  }
  if (typeof said !== 'object' || said === null) return undefined
  const { op, users, by, name, content: text, role, until } = said as Record<string, unknown>
  if (typeof op !== 'string') return undefined
  const textOf = (value: unknown) => (typeof value === 'string' ? value.slice(0, TEXT_MAX) : undefined)
  return {
    op,
    users: Array.isArray(users) ? users.filter((user): user is string => typeof user === 'string') : [],
    by: textOf(by) ?? '',
    name: textOf(name),
    content: textOf(text),
    role: textOf(role),
    until: typeof until === 'number' && Number.isFinite(until) ? until : undefined,
  }
}

/** The key of the sentence (message.notice.…) that says it. */
export function noticeKey(notice: Notice): string {
  const { op, users, by, until } = notice
  const alone = users.length === 0 || (users.length === 1 && users[0]!.toLowerCase() === by.toLowerCase())
  switch (op) {
    case 'create':
      return alone ? 'create' : 'createWith'
    case 'join':
      return alone ? 'join' : 'invite'
    case 'mute':
    case 'muteAll':
      return (until ?? 0) > 0 ? op : `${op}Off`
    case 'edit':
      return notice.name === undefined ? 'edit' : 'rename'
    case 'notice':
      return notice.content ? 'notice' : 'noticeOff'
    case 'leave':
    case 'kick':
    case 'role':
    case 'transfer':
    case 'dismiss':
      return op
    default:
      return 'other'
  }
}

export function useNotices() {
  const { t, te, locale } = useI18n()
  const people = usePeople()
  const session = useSession()

  function who(email: string): string {
    return email.toLowerCase() === session.me?.email.toLowerCase() ? t('common.you') : inSentence(people.nameOf(email))
  }

  function several(emails: string[]): string {
    const names = emails.slice(0, USERS_SHOWN).map(who).join(t('message.notice.comma'))
    return emails.length > USERS_SHOWN ? t('message.notice.andMore', { names, n: emails.length - USERS_SHOWN }) : names
  }

  /** A sentence for a person. `sender` did it where the content does not say. */
  function sentence(content: string | undefined, sender: string): string {
    const notice = parseNotice(content)
    if (!notice) return t('message.notice.other', { by: who(sender) })
    const role = `message.role.${notice.role}`
    return t(`message.notice.${noticeKey(notice)}`, {
      by: who(notice.by || sender),
      users: several(notice.users),
      name: inSentence(notice.name ?? ''),
      text: inSentence(notice.content ?? ''),
      role: te(role) ? t(role) : (notice.role ?? ''),
      until: notice.until ? fullTime(notice.until, locale.value) : '',
    })
  }

  return { sentence, who }
}
