import { shallowRef } from 'vue'
import type { LinkFinder } from '@/core/links'

/** Finds links, once its code is there; until then a text is shown without. */
export const linkFinder = shallowRef<LinkFinder>()
let asked = false

export function wantLinkFinder(): void {
  if (asked) return
  asked = true
  import('@/core/links').then(
    ({ findLinks }) => (linkFinder.value = findLinks),
    () => (asked = false),
  )
}
