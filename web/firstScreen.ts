import type { Plugin } from 'vite'

interface Modules {
  getModuleInfo(id: string): { importers: readonly string[] } | null
}

const ENTRY = '/web/src/main.ts'
/** Names everything, whatever of it is used. */
const BARREL = /\/(element-plus\/es\/(index|component|plugin|defaults)|icons-vue\/dist\/index)\.\w+$/
const known = new Map<string, boolean>()

/** The page's first line leads to that module, without anything having to be loaded later. */
export function isFirst(id: string, modules: Modules): boolean {
  const answer = known.get(id)
  if (answer !== undefined) return answer
  known.set(id, false) // In a circle the others decide.
  const is = id.endsWith(ENTRY) || (modules.getModuleInfo(id)?.importers ?? []).some((importer) => !BARREL.test(importer) && isFirst(importer, modules))
  known.set(id, is)
  return is
}

const TEXTS = { en: 'src/i18n/en/index.ts', 'zh-CN': 'src/i18n/zh/index.ts' }

/** Has index.html begin with src/ahead.ts, which waits for nothing else, and name the texts of each language for it to
 * choose from. */
export function askAhead(): Plugin {
  return {
    name: 'ask-ahead',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_, { bundle }) {
        const chunks = Object.values(bundle ?? {}).filter((file) => file.type === 'chunk')
        const fileOf = (source: string): string => {
          const chunk = chunks.find(({ moduleIds }) => moduleIds.some((id) => id.endsWith(`/web/${source}`)))
          if (!chunk) throw new Error(`${source} is not among what was built`)
          return `/${chunk.fileName}`
        }
        const texts = Object.entries(TEXTS).map(([language, source]) => ({ 'data-texts': language, href: fileOf(source) }))
        return [
          ...texts.map((attrs) => ({ tag: 'link', attrs: { ...attrs, crossorigin: true }, injectTo: 'head-prepend' as const })),
          { tag: 'script', attrs: { type: 'module', async: true, fetchpriority: 'high', crossorigin: true, src: fileOf('src/ahead.ts') }, injectTo: 'head-prepend' as const },
        ]
      },
    },
  }
}
