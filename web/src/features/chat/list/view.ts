import type { VListHandle } from 'virtua/vue'
import { nextTick, onBeforeUnmount, ref, shallowRef, watch, type Ref } from 'vue'
import type { Timeline } from '@/core/timeline'
import type { Row } from './rows'
import { steps } from './steps'

/** So near its end the list follows what comes. */
const STICK_PX = 60
/** So much is there already when the reader gets to it. */
const AHEAD_PX = 1600
/** So long nothing has moved before what is far away is cut: a turn of the wheel in that moment would be lost. */
const CALM_MS = 1500
/** So long a list may take to be measured. */
const FRAMES_MAX = 60

/** The next frame; a page that is not looked at has none. */
const frame = () =>
  new Promise<void>((then) => {
    requestAnimationFrame(() => then())
    setTimeout(then, 200)
  })

/** What a virtual list shows of a timeline, and where it stands: it keeps its place whatever is loaded or cut around it,
 * follows the end while it is there, and goes to places. */
export function useView(timeline: Timeline, wanted: Ref<Row[]>, list: Ref<VListHandle | undefined>) {
  const rows = shallowRef<Row[]>([])
  const shift = ref(false)
  /** A new one makes a new list: sizes of rows that are gone are of no use. */
  const listKey = ref(0)
  /** Hidden until it stands where it begins. */
  const placed = ref(false)
  const atEnd = ref(true)
  const top = ref(0)
  const bottom = ref(0)
  let offset = 0
  let stepping = 0
  let placing = 0
  let turn: Promise<void> = Promise.resolve()
  let calm: ReturnType<typeof setTimeout> | undefined

  /** Changes come one after the other. */
  function follow(): Promise<void> {
    turn = turn.then(async () => {
      const now = wanted.value
      if (now === rows.value) return
      // Before it stands there is no place to keep.
      const way = placed.value ? steps(rows.value, now, top.value) : undefined
      if (!way) {
        placed.value = false
        rows.value = now
        shift.value = false
        listKey.value += 1
        await nextTick()
        if (placing > 0) return
        if (atEnd.value) toBottom()
        return settled()
      }
      stepping += 1
      for (const step of way) {
        shift.value = step.shift
        rows.value = step.rows
        await nextTick()
      }
      shift.value = false
      if (atEnd.value) toBottom()
      if (atEnd.value && timeline.state.atEnd) cut()
      await nextTick()
      void frame().then(() => (stepping -= 1))
    })
    return turn
  }

  function toBottom(): void {
    if (rows.value.length > 0) list.value?.scrollToIndex(rows.value.length - 1, { align: 'end' })
  }

  function look(): void {
    const handle = list.value
    if (!handle || rows.value.length === 0) return
    top.value = handle.findItemIndex(handle.scrollOffset)
    const edge = handle.scrollOffset + handle.viewportSize
    let low = handle.findItemIndex(edge - 1)
    if (low > 0 && handle.getItemOffset(low) + handle.getItemSize(low) > edge + 8) low -= 1
    bottom.value = low
  }

  function scrolled(now: number): void {
    const handle = list.value
    clearTimeout(calm)
    if (!handle || !placed.value) return
    const left = handle.scrollSize - now - handle.viewportSize
    if (left < STICK_PX) atEnd.value = timeline.state.atEnd && placing === 0
    else if (now < offset - 1 && stepping === 0) atEnd.value = false
    offset = now
    look()
    fill()
  }

  /** Loads what will be looked at next. After an error it waits to be asked. */
  function fill(): void {
    const handle = list.value
    if (!handle || !placed.value || timeline.state.error !== undefined) return
    if (handle.scrollOffset < AHEAD_PX) void timeline.older()
    if (handle.scrollSize - handle.scrollOffset - handle.viewportSize < AHEAD_PX) void timeline.newer()
  }

  /** Cuts what is far away, while nothing moves: the list takes what is measured below the screen for something above
   * it as long as rows are taken from its start. */
  function cut(): void {
    look()
    if (placed.value) timeline.trim(top.value, bottom.value)
  }

  function rest(): void {
    clearTimeout(calm)
    calm = setTimeout(cut, CALM_MS)
  }

  /** The reader has left the end, and the list has not been told yet: scroll events come with the next frame. */
  function leaving(): boolean {
    const box = (list.value as unknown as { $el?: HTMLElement } | undefined)?.$el
    return box !== undefined && box.scrollTop < offset - STICK_PX && box.scrollHeight - box.scrollTop - box.clientHeight > STICK_PX
  }

  /** The window or a row became larger or smaller. */
  function resized(): void {
    if (placed.value && atEnd.value && !leaving()) toBottom()
    look()
    fill()
  }

  async function settled(): Promise<void> {
    await frame()
    for (let frames = 0; frames < FRAMES_MAX && (list.value?.viewportSize ?? 0) === 0; frames++) await frame()
    await frame()
    offset = list.value?.scrollOffset ?? 0
    placed.value = true
    look()
    fill()
  }

  /** What was wanted is in the timeline now: shows it, with that row at the end, the start or the middle. */
  async function place(index: () => number, align: 'start' | 'center' | 'end'): Promise<void> {
    placing += 1
    atEnd.value = false
    await follow()
    const at = index()
    atEnd.value = align === 'end' && at >= rows.value.length - 1
    if (rows.value.length > 0) list.value?.scrollToIndex(at, { align, ...(align === 'start' ? { offset: -48 } : {}) })
    await settled()
    placing -= 1
    const handle = list.value
    if (handle && timeline.state.atEnd && handle.scrollSize - handle.scrollOffset - handle.viewportSize < STICK_PX) atEnd.value = true
  }

  /** Loads what is somewhere else, and shows it. The end is not followed any more from the beginning on, or the list would
   * go back there as soon as it is out of reach. false: it could not be loaded, and all is as it was. */
  async function goTo(load: () => Promise<boolean>, index: () => number, align: 'start' | 'center'): Promise<boolean> {
    const followed = atEnd.value
    placing += 1
    atEnd.value = false
    try {
      const there = await load()
      if (there) await place(index, align)
      else {
        atEnd.value = followed
        if (!placed.value && rows.value.length > 0) await settled()
      }
      return there
    } finally {
      placing -= 1
    }
  }

  watch(wanted, () => void follow().then(fill))
  timeline.watched = true
  onBeforeUnmount(() => {
    timeline.watched = false
    clearTimeout(calm)
  })

  return { rows, shift, listKey, placed, atEnd, top, bottom, scrolled, resized, rest, look, fill, place, goTo, toBottom }
}
