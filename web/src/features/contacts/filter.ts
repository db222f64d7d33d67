import type { Person } from '@/core/people'

/** Does a text stand in one of these, whatever its case? Each word of it has to. */
export function matches(query: string, ...texts: string[]): boolean {
  const all = texts.join('\n').toLocaleLowerCase()
  return query
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word))
}

export function filterPeople(people: Person[], query: string, tag: string): Person[] {
  return people.filter(
    ({ email, uname, remark, tags }) => (tag === '' || tags.includes(tag)) && (query.trim() === '' || matches(query.trim(), email, uname, remark, ...tags)),
  )
}

/** Every tag in use, the most used first. */
export function tagsOf(people: Person[]): string[] {
  const counts = new Map<string, number>()
  for (const { tags } of people) for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([tag]) => tag)
}
