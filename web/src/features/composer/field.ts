import { nextTick, watch, type Ref } from 'vue'

/** What is done to a text box: it grows with its text, and pieces come in where the caret is. */
export function useField(field: Ref<HTMLTextAreaElement | null>, text: Ref<string>) {
  function grow(): void {
    const box = field.value
    if (!box) return
    box.style.height = 'auto'
    box.style.height = `${box.scrollHeight}px` // Up to the max-height of its style.
  }

  function focus(): void {
    field.value?.focus({ preventScroll: true })
  }

  /** Replaces from..to, by default what is selected. */
  function insert(piece: string, from?: number, to?: number): void {
    const box = field.value
    if (!box) return
    const start = from ?? box.selectionStart
    const end = to ?? box.selectionEnd
    // A finger on the emoji panel does not want the keyboard over it.
    const typing = document.activeElement === box || !matchMedia('(pointer: coarse)').matches
    if (typing) {
      focus()
      box.setSelectionRange(start, end)
      if (document.execCommand('insertText', false, piece)) return // It can be undone.
    }
    box.setRangeText(piece, start, end, 'end')
    text.value = box.value
  }

  async function toEnd(): Promise<void> {
    await nextTick()
    focus()
    field.value?.setSelectionRange(text.value.length, text.value.length)
  }

  watch(text, () => nextTick(grow), { immediate: true, flush: 'post' })
  return { grow, focus, insert, toEnd }
}
