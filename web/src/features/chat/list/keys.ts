import type { VListHandle } from 'virtua/vue'
import { nextTick, ref, type Ref } from 'vue'
import type { Row } from './rows'

const FRAMES_MAX = 30

/** Messages by keyboard: up and down go from one to the next, Home and End to the ends of the chat. Pages are the
 * browser's own. */
export function useKeys(
  root: Ref<HTMLElement | undefined>,
  rows: Ref<Row[]>,
  list: Ref<VListHandle | undefined>,
  visible: () => { top: number; bottom: number },
  to: { start: () => Promise<void>; end: () => Promise<void> },
) {
  const activeKey = ref<string>()
  /** The screen was scrolled since: on from what is on it. */
  let wandered = false

  function activeIndex(): number {
    return activeKey.value === undefined ? -1 : rows.value.findIndex(({ key }) => key === activeKey.value)
  }

  async function focus(index: number): Promise<void> {
    const row = rows.value[index]
    if (!row) return
    activeKey.value = row.key
    list.value?.scrollToIndex(index, { align: 'nearest' })
    await nextTick()
    // A row that was not on the screen can't be focused before it was measured.
    for (let frames = 0; frames < FRAMES_MAX && activeKey.value === row.key; frames++) {
      const item = [...(root.value?.querySelectorAll<HTMLElement>('[data-key]') ?? [])].find(({ dataset }) => dataset['key'] === row.key)
      const target = item?.querySelector<HTMLElement>('[data-message]')
      target?.focus({ preventScroll: true })
      if (target && document.activeElement === target) return
      await new Promise((then) => requestAnimationFrame(then))
    }
  }

  function move(by: 1 | -1): Promise<void> {
    const { top, bottom } = visible()
    const at = activeIndex()
    const far = at < 0 || (wandered && (at < top || at > bottom))
    wandered = false
    return focus(far ? bottom : at + by)
  }

  function key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return
    if ((event.target as HTMLElement).closest('input, textarea, select, video, audio, [role=menu], [role=slider]')) return
    if (event.key === 'ArrowUp') void move(-1)
    else if (event.key === 'ArrowDown') void move(1)
    else if (event.key === 'PageUp' || event.key === 'PageDown') return void (wandered = true)
    else if (event.key === 'Home') void to.start().then(() => focus(0))
    else if (event.key === 'End') void to.end().then(() => focus(rows.value.length - 1))
    else return
    event.preventDefault()
  }

  /** The message that a click or Tab went to is the one to go on from. */
  function entered(event: FocusEvent): void {
    activeKey.value = (event.target as HTMLElement).closest<HTMLElement>('[data-key]')?.dataset['key'] ?? activeKey.value
  }

  function wheeled(): void {
    wandered = true
  }

  return { activeIndex, key, entered, wheeled }
}
