import type { Message } from '@im-service/client'
import type PhotoSwipe from 'photoswipe'
import type { SlideData } from 'photoswipe'

/** What stands beyond the pictures of a viewer, in their order, next to the first or the last; none: there is none, or it
 * can't be had now. */
export interface Ends {
  before?: (first: Message) => Promise<Message[]>
  after?: (last: Message) => Promise<Message[]>
}

/** More is asked for where fewer are left. */
const NEAR = 3

/** Lets a viewer go on beyond its ends. `shown` are its pictures, and grows with it. An end that brought nothing is asked
 * again at the next step. */
export function growsAtEnds(viewer: PhotoSwipe, shown: Message[], slide: (message: Message) => SlideData, { before, after }: Ends): void {
  const asking = { before: false, after: false }

  async function grow(end: 'before' | 'after', ask: () => Promise<Message[]>, add: (more: Message[]) => void): Promise<void> {
    if (asking[end]) return
    asking[end] = true
    const more = await ask().catch(() => [])
    asking[end] = false
    if (more.length > 0 && !viewer.isDestroying) add(more)
  }

  const look = () => {
    if (before && viewer.currIndex < NEAR) {
      void grow('before', () => before(shown[0]!), (more) => {
        shown.unshift(...more)
        prepend(viewer, more.map(slide))
      })
    }
    if (after && viewer.currIndex >= shown.length - NEAR) {
      void grow('after', () => after(shown.at(-1)!), (more) => {
        shown.push(...more)
        append(viewer, more.map(slide))
      })
    }
  }
  viewer.on('change', look)
  viewer.on('afterInit', look)
}

function append(viewer: PhotoSwipe, slides: SlideData[]): void {
  ;(viewer.options.dataSource as SlideData[]).push(...slides)
  fillNeighbours(viewer)
}

/** PhotoSwipe has no call for it: whatever it knows by an index stands so much further back. */
function prepend(viewer: PhotoSwipe, slides: SlideData[]): void {
  ;(viewer.options.dataSource as SlideData[]).unshift(...slides)
  const there = viewer.mainScroll.itemHolders.flatMap(({ slide }) => slide ?? [])
  for (const one of new Set([...viewer.contentLoader._cachedItems, ...there, ...there.map(({ content }) => content)])) one.index += slides.length
  viewer.currIndex += slides.length
  viewer.potentialIndex += slides.length
  fillNeighbours(viewer)
}

/** What had nothing beside it may have now; the counter and the arrows hear of it. */
function fillNeighbours(viewer: PhotoSwipe): void {
  const [previous, , next] = viewer.mainScroll.itemHolders
  if (previous) viewer.setContent(previous, viewer.currIndex - 1)
  if (next) viewer.setContent(next, viewer.currIndex + 1)
  viewer.dispatch('change')
}
