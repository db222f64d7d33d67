const LONG_MS = 450
const STILL_PX = 10

/** Listeners for a finger that stays: browsers of Apple have no contextmenu for it. A press that was long makes no click. */
export function onLongPress(then: (event: PointerEvent) => void) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let begin = { x: 0, y: 0 }
  let fired = false

  function end(): void {
    clearTimeout(timer)
    timer = undefined
  }

  return {
    pointerdown(event: PointerEvent) {
      fired = false
      if (event.pointerType !== 'touch' || !event.isPrimary) return end()
      begin = { x: event.clientX, y: event.clientY }
      end()
      timer = setTimeout(() => {
        timer = undefined
        fired = true
        then(event)
      }, LONG_MS)
    },
    pointermove(event: PointerEvent) {
      if (Math.hypot(event.clientX - begin.x, event.clientY - begin.y) > STILL_PX) end()
    },
    pointerup: end,
    pointercancel: end,
    pointerleave: end,
    clickCapture(event: MouseEvent) {
      if (!fired) return
      fired = false
      event.stopPropagation()
      event.preventDefault()
    },
  }
}
