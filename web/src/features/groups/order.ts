import type { Member } from '@/core/members'

const RANK = { owner: 0, admin: 1, member: 2 }

/** The owner, the admins, then the others as they came. */
export function byRank(members: readonly Member[]): Member[] {
  return [...members].sort((a, b) => RANK[a.role] - RANK[b.role])
}
