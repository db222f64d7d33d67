import { createHash } from 'node:crypto'
import type { Plugin } from 'vite'

/** Puts the list of what was built into the service worker (src/sw.ts), and a name that changes with it: so a browser
 * notices a new client by the worker's bytes, and takes it whole or not at all. */
export function precache(): Plugin {
  return {
    name: 'precache',
    apply: 'build',
    enforce: 'post',
    generateBundle(_, bundle) {
      const worker = bundle['sw.js']
      if (worker?.type !== 'chunk') throw new Error('there is no sw.js among what was built')
      const files = Object.keys(bundle)
        .filter((name) => /\.(js|css)$/.test(name) && name !== 'sw.js')
        .sort()
        .map((name) => `/${name}`)
      const page = Object.values(bundle).map((file) => (file.type === 'chunk' ? file.code : String(file.source)))
      const version = createHash('sha256').update(JSON.stringify([files, page])).digest('hex').slice(0, 16)
      worker.code = worker.code.replaceAll('__FILES__', JSON.stringify(['/', '/icon.svg', ...files])).replaceAll('__VERSION__', JSON.stringify(version))
    },
  }
}
