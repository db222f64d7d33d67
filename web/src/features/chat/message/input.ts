import type { ChatRef, Message } from '@im-service/client'
import { ref, type Ref } from 'vue'
import { useRouter } from 'vue-router'
import { chatPath, isGone } from '@/core/chat'
import { useSession } from '@/core/session'
import { useTimelines } from '@/core/timelines'
import { picturesAround } from '@/features/media/album'
import { isPicture } from '@/features/media/kinds'
import { onLongPress } from '@/ui/press'
import { useMessageUi } from './store'

/** What pointer, finger and keyboard do with a row: the menu, the selection, the way to the next row. */
export function useRowInput(row: Ref<HTMLElement | undefined>, chat: () => ChatRef, message: () => Message) {
  const ui = useMessageUi()
  const timelines = useTimelines()
  const session = useSession()
  const router = useRouter()
  const hovered = ref(false)
  const active = ref(false)

  function menuAt(x: number, y: number): void {
    ui.menu = { chat: chat(), message: message(), place: { x, y, opener: row.value } }
  }

  function menuOfKeyboard(): void {
    const box = (row.value?.querySelector('.bubble') ?? row.value)!.getBoundingClientRect()
    menuAt(box.left + 24, Math.min(box.bottom, innerHeight - 80))
  }

  function toggle(): void {
    if (message().seq > 0 && !isGone(message())) ui.toggle(message())
  }

  function contextmenu(event: MouseEvent): void {
    // Links and marked text have the browser's own menu.
    if (event.target instanceof Element && event.target.closest('a, video, input')) return
    if ((getSelection()?.toString() ?? '') !== '' && event.button === 2 && row.value?.contains(getSelection()!.anchorNode)) return
    event.preventDefault()
    if (ui.isSelecting(chat())) return
    // Without a pointer: Shift+F10 or the menu key.
    if (event.button !== 2 && (event as PointerEvent).pointerType !== 'touch') menuOfKeyboard()
    else menuAt(event.clientX, event.clientY)
  }

  const press = onLongPress((event) => {
    if (ui.isSelecting(chat()) || ui.menu) return
    menuAt(event.clientX, event.clientY)
  })

  function click(event: MouseEvent): void {
    if (!ui.isSelecting(chat())) return
    event.preventDefault()
    toggle()
  }

  function step(by: 1 | -1): void {
    const rows = [...(row.value?.closest('[role=log]')?.querySelectorAll<HTMLElement>('[data-message]') ?? [])]
    const next = rows[rows.indexOf(row.value!) + by]
    next?.focus({ preventScroll: true })
    next?.scrollIntoView({ block: 'nearest' })
  }

  function keydown(event: KeyboardEvent): void {
    if (event.target !== row.value) return
    if (event.key === 'ArrowUp') step(-1)
    else if (event.key === 'ArrowDown') step(1)
    else if (event.key === 'Escape' && ui.isSelecting(chat())) ui.endSelection()
    else if (event.key === ' ' && ui.isSelecting(chat())) toggle()
    else if (event.key === 'Enter' && ui.isSelecting(chat())) toggle()
    else if (event.key === 'Enter' || event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) menuOfKeyboard()
    else return
    event.preventDefault()
  }

  /** The pictures that are loaded around this one, with it in front; others as one comes to them. */
  async function openPicture(): Promise<void> {
    if (ui.isSelecting(chat())) return
    const { items, state } = timelines.of(chat())
    const there = items.filter(isPicture)
    const at = there.findIndex(({ seq }) => seq === message().seq)
    if (at < 0) return
    const { openPictures } = await import('@/features/media/pictures')
    const here = chat()
    const { before, after } = picturesAround(session.client!, here)
    openPictures(there, at, { before, ...(state.atEnd ? {} : { after }), jump: ({ seq }) => void router.push(chatPath(here, seq)) })
  }

  const listeners = {
    ...press,
    contextmenu,
    clickCapture(event: MouseEvent) {
      press.clickCapture(event)
      // While choosing, a click anywhere on the row chooses.
      if (ui.isSelecting(chat()) && !(event.target instanceof HTMLInputElement && event.target.type === 'checkbox')) {
        event.stopPropagation()
        click(event)
      }
    },
    keydown,
    pointerenter: (event: PointerEvent) => (hovered.value = event.pointerType === 'mouse'),
    pointerleave: () => {
      press.pointerleave()
      hovered.value = false
    },
    focusin: () => (active.value = row.value?.matches(':focus-visible') === true || active.value),
    focusout: (event: FocusEvent) => {
      if (!row.value?.contains(event.relatedTarget as Node | null)) active.value = false
    },
  }

  return { hovered, active, listeners, openPicture }
}
