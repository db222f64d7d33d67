/* The client opens from the browser's cache, with or without a network. Only the client's own files are kept here;
 * messages are in IndexedDB, pictures in the HTTP cache, and every call goes to the server. */
declare const __FILES__: string[]
declare const __VERSION__: string

const worker = self as unknown as ServiceWorkerGlobalScope

const CACHE = `im-client-${__VERSION__}`
const list = __FILES__
const files = new Set(list)

async function install(): Promise<void> {
  const cache = await caches.open(CACHE)
  await cache.addAll(list.map((path) => new Request(path, { cache: 'no-cache' })))
}

async function activate(): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith('im-client-') && name !== CACHE) await caches.delete(name)
  await worker.clients.claim()
}

async function answer(request: Request, path: string): Promise<Response> {
  const kept = await (await caches.open(CACHE)).match(path)
  return kept ?? fetch(request)
}

worker.addEventListener('install', (event) => event.waitUntil(install()))
worker.addEventListener('activate', (event) => event.waitUntil(activate()))
worker.addEventListener('fetch', (event) => {
  const { origin, pathname } = new URL(event.request.url)
  if (event.request.method === 'GET' && origin === location.origin && files.has(pathname)) event.respondWith(answer(event.request, pathname))
})
/** The page asks for it once its user agreed to load the new client. */
worker.addEventListener('message', (event) => {
  if (event.data === 'take-over') void worker.skipWaiting()
})
worker.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(show(String(event.notification.data ?? '/')))
})

async function show(url: string): Promise<void> {
  const [page] = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  if (!page) await worker.clients.openWindow(url)
  else {
    await page.focus()
    page.postMessage({ open: url })
  }
}
