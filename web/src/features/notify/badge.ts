/** The count of unread messages in the page's icon, its title, and the icon of the installed app. */
const SIZE = 64

let picture: HTMLImageElement | undefined
let shown: string | undefined

function link(): HTMLLinkElement | null {
  return document.querySelector('link[rel="icon"]')
}

async function original(): Promise<HTMLImageElement> {
  if (picture) return picture
  picture = new Image(SIZE, SIZE)
  picture.src = '/icon.svg'
  await picture.decode()
  return picture
}

/** As far as one counts. */
function labelOf(count: number): string {
  if (count === 0) return ''
  return count > 99 ? '99+' : String(count)
}

async function draw(label: string): Promise<void> {
  const icon = link()
  if (!icon) return
  if (label === '') {
    icon.href = '/icon.svg'
    return
  }
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = SIZE
  const context = canvas.getContext('2d')
  if (!context) return
  context.drawImage(await original(), 0, 0, SIZE, SIZE)
  context.fillStyle = '#d93025'
  context.beginPath()
  context.arc(44, 20, 20, 0, 2 * Math.PI)
  context.fill()
  context.fillStyle = '#fff'
  context.font = `bold ${label.length > 1 ? 22 : 28}px sans-serif`
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.fillText(label, 44, 21, 36)
  if (shown === label) icon.href = canvas.toDataURL('image/png')
}

/** A count that is told of at every message is drawn only when it reads otherwise. */
export function showCount(count: number, title: string): void {
  const label = labelOf(count)
  document.title = label === '' ? title : `(${label}) ${title}`
  if (shown === label) return
  shown = label
  void draw(label).catch(() => undefined)
  if ('setAppBadge' in navigator) void (count > 0 ? navigator.setAppBadge(count) : navigator.clearAppBadge()).catch(() => undefined)
}
