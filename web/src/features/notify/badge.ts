/** The count of unread messages in the page's icon, its title, and the icon of the installed app. */
const SIZE = 64

let picture: HTMLImageElement | undefined
let shown = -1

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

async function draw(count: number): Promise<void> {
  const icon = link()
  if (!icon) return
  if (count === 0) {
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
  context.font = `bold ${count > 9 ? 22 : 28}px sans-serif`
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.fillText(count > 99 ? '99+' : String(count), 44, 21, 36)
  if (shown === count) icon.href = canvas.toDataURL('image/png')
}

export function showCount(count: number, title: string): void {
  document.title = count > 0 ? `(${count > 99 ? '99+' : count}) ${title}` : title
  if (shown === count) return
  shown = count
  void draw(count).catch(() => undefined)
  if ('setAppBadge' in navigator) void (count > 0 ? navigator.setAppBadge(count) : navigator.clearAppBadge()).catch(() => undefined)
}
