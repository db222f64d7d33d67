import type { Message } from '@im-service/client'
import PhotoSwipe from 'photoswipe'
import 'photoswipe/style.css'
import './pictures.css'
import { fileInfo, mediaUrl } from '@/core/media'
import { i18n } from '@/i18n'
import { growsAtEnds, type Ends } from './growth'

/** The large view: zoom by wheel, pinch, double tap and button, pan, the next and the previous one, Escape. `jump`: a way
 * to the message that shows the picture. Where `before` and `after` are given it goes on beyond the first and the last. */
export function openPictures(messages: Message[], index: number, { jump, ...ends }: Ends & { jump?: (message: Message) => void } = {}): void {
  const { t } = i18n.global
  const focused = document.activeElement
  const shown = [...messages]
  const slide = (message: Message) => {
    const info = fileInfo(message.ext)
    return { src: mediaUrl(message.content)!, ...(info.width && info.height ? { width: info.width, height: info.height } : {}), alt: info.name || t('media.picture'), name: info.name }
  }
  const viewer = new PhotoSwipe({
    dataSource: shown.map(slide),
    index,
    wheelToZoom: true,
    loop: false,
    bgOpacity: 0.92,
    showHideAnimationType: 'fade',
    closeTitle: t('common.close'),
    zoomTitle: t('media.zoom'),
    arrowPrevTitle: t('media.previous'),
    arrowNextTitle: t('media.next'),
    errorMsg: t('message.mediaFailed'),
    returnFocus: false,
    mainClass: 'picture-view',
  })
  withoutSize(viewer)
  alwaysListens(viewer)
  growsAtEnds(viewer, shown, slide, ends)
  viewer.on('uiRegister', () => {
    if (jump) {
      viewer.ui!.registerElement({
        name: 'jump', order: 7, isButton: true, title: t('message.jumpTo'), html: icon('jump', 'M7 8h18v12H15l-5 4v-4H7zm2 2v8h3v2l2.5-2H23v-8z'), onClick: () => {
          const message = shown[viewer.currIndex]
          viewer.close()
          if (message) jump(message)
        },
      })
    }
    viewer.ui!.registerElement({
      name: 'zoom-out', order: 9, isButton: true, title: t('media.zoomOut'), html: icon('zoom-out', 'M8 15h16v2H8z'), onClick: () => viewer.zoomTo((viewer.currSlide?.currZoomLevel ?? 1) / 1.5, undefined, 200),
    })
    viewer.ui!.registerElement({
      name: 'zoom-in', order: 9, isButton: true, title: t('media.zoomIn'), html: icon('zoom-in', 'M15 8h2v7h7v2h-7v7h-2v-7H8v-2h7z'), onClick: () => viewer.zoomTo((viewer.currSlide?.currZoomLevel ?? 1) * 1.5, undefined, 200),
    })
    viewer.ui!.registerElement({
      name: 'download', order: 8, isButton: true, tagName: 'a', title: t('media.download'), html: icon('download', 'M15 6h2v10.2l3.3-3.3 1.4 1.4L16 20l-5.7-5.7 1.4-1.4 3.3 3.3zM8 23h16v2H8z'),
      onInit: (element) => {
        const link = element as HTMLAnchorElement
        link.target = '_blank'
        link.rel = 'noopener noreferrer'
        const set = () => {
          link.href = viewer.currSlide?.data.src ?? ''
          link.download = String((viewer.currSlide?.data as { name?: string } | undefined)?.name || 'picture')
        }
        viewer.on('change', set)
        set()
      },
    })
  })
  viewer.on('afterInit', () => viewer.element?.setAttribute('aria-label', t('media.picture')))
  viewer.on('destroy', () => {
    if (focused instanceof HTMLElement && focused.isConnected) focused.focus({ preventScroll: true })
  })
  viewer.init()
}

function icon(name: string, path: string) {
  return { isCustomSVG: true, size: 32, inner: `<path id="pswp__icn-${name}" d="${path}"/>`, outlineID: `pswp__icn-${name}` }
}

/** What is asked for while it still opens, by a quick key or jump, is done once it is open: PhotoSwipe does not listen yet. */
function alwaysListens(viewer: PhotoSwipe): void {
  const later = (act: () => void) => viewer.on('openingAnimationEnd', () => queueMicrotask(act)) // behind its own first steps
  const close = viewer.close.bind(viewer)
  viewer.close = () => {
    if (viewer.opener.isOpen || viewer.isDestroying) close()
    else later(close)
  }
  const keys: Record<string, () => void> = { Escape: () => viewer.close(), ArrowLeft: () => later(() => viewer.prev()), ArrowRight: () => later(() => viewer.next()) }
  const early = (event: KeyboardEvent) => {
    const act = keys[event.key]
    if (!act || viewer.opener.isOpen) return
    event.stopPropagation()
    event.preventDefault()
    act()
  }
  document.addEventListener('keydown', early, true)
  for (const end of ['openingAnimationEnd', 'destroy'] as const) viewer.on(end, () => document.removeEventListener('keydown', early, true))
}

/** Who sent it may not have said how large a picture is: it is known once it is there. */
function withoutSize(viewer: PhotoSwipe): void {
  viewer.on('loadComplete', ({ content, slide, isError }) => {
    const { element } = content
    if (isError || !(element instanceof HTMLImageElement) || element.naturalWidth === 0) return
    if (content.width === element.naturalWidth && content.height === element.naturalHeight) return
    content.width = element.naturalWidth
    content.height = element.naturalHeight
    slide.width = element.naturalWidth
    slide.height = element.naturalHeight
    slide.calculateSize()
    slide.resize()
  })
}
