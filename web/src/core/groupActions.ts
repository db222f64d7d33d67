import { useGroups, type Group, type GroupAnswer } from './groups'
import { useSession } from './session'

/** Ten years are the server's bound. */
const FOREVER_MS = 3650 * 86_400_000 - 3_600_000

/** Ends of a mute, as people choose them. */
export function muteUntil(minutes: number, now = Date.now()): number {
  if (minutes === 0) return 0
  return minutes === Infinity ? now + FOREVER_MS : now + minutes * 60_000
}

/** A time so far away that it means: until somebody ends it. */
export function isForever(until: number, now = Date.now()): boolean {
  return until - now > FOREVER_MS / 2
}

/** What one can do about groups. Each call throws what the server refuses. */
export function useGroupActions() {
  const session = useSession()
  const groups = useGroups()

  async function post(path: string, id: string, more: object = {}): Promise<void> {
    await session.rest.post(`/community/${path}`, { dstObj: id, ...more })
    await groups.refresh(id).catch(() => groups.left(id))
  }

  async function create(name: string, icon: string, memo: string, members: string[]): Promise<Group> {
    const made = await session.rest.post<GroupAnswer>('/community/create', { name, icon, memo, members })
    return groups.refresh(String(made.id))
  }

  async function search(info: string): Promise<Group[]> {
    const found = await session.rest.get<GroupAnswer[]>('/community/search_community', { info })
    const known = new Map(found.map(({ id }) => [String(id), groups.get(String(id))]))
    // A search says nothing of one's own part in a group.
    return found.map((answer) => known.get(String(answer.id)) ?? groups.put(answer))
  }

  /** False: an application waits now. */
  async function join(id: string, reason = ''): Promise<boolean> {
    const { joined } = await session.rest.post<{ joined: boolean }>('/community/join', { dstObj: id, ...(reason === '' ? {} : { reason }) })
    if (joined) await groups.refresh(id)
    else groups.applied.add(id)
    return joined
  }

  async function respond(id: string, user: string, agree: boolean): Promise<void> {
    try {
      await session.rest.post('/community/respond', { dstObj: id, user, agree })
    } finally {
      await groups.loadApplicants(id).catch(() => undefined)
    }
  }

  async function edit(id: string, changes: Partial<Pick<Group, 'name' | 'icon' | 'memo' | 'join' | 'history'>>): Promise<void> {
    await session.rest.put('/community/edit', { dstObj: id, ...changes })
    await groups.refresh(id)
  }

  async function notice(id: string, content: string): Promise<void> {
    await session.rest.put('/community/notice', { dstObj: id, content })
    await groups.refresh(id)
  }

  return {
    create, search, join, respond, edit, notice,
    invite: (id: string, users: string[]) => post('invite', id, { users }),
    kick: (id: string, user: string) => post('kick', id, { user }),
    setRole: (id: string, user: string, role: 'admin' | 'member') => post('role', id, { user, role }),
    mute: (id: string, user: string, until: number) => post('mute', id, { user, until }),
    muteAll: (id: string, until: number) => post('mute_all', id, { until }),
    transfer: (id: string, user: string) => post('transfer', id, { user }),
    leave: (id: string) => post('leave', id),
    dismiss: (id: string) => post('dismiss', id),
  }
}
