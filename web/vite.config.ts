import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import Components from 'unplugin-vue-components/vite'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import { defineConfig } from 'vitest/config'
import { askAhead, isFirst } from './firstScreen.ts'
import { precache } from './precache.ts'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Where `npm run dev` finds a server: IM_SERVER_URL, or the one that `make run` starts. */
const server = process.env['IM_SERVER_URL'] ?? 'http://127.0.0.1:9000'
const served = ['/user', '/contact', '/community', '/conv', '/msg', '/file', '/sticker']

export default defineConfig({
  plugins: [
    vue(),
    Components({ dirs: [], dts: false, resolvers: [ElementPlusResolver({ importStyle: 'css' })] }),
    askAhead(),
    precache(),
  ],
  resolve: {
    alias: { '@': at('./src'), '@im-service/client': at('../sdk/ts/src/index.ts') },
  },
  define: { __VUE_I18N_FULL_INSTALL__: false, __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false },
  build: {
    target: 'es2022',
    outDir: 'dist',
    // The policy of the page allows no data: fonts or scripts, and the binary serves files as cheaply as it can.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { index: at('./index.html'), ahead: at('./src/ahead.ts'), sw: at('./src/sw.ts') },
      output: {
        entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
        // What the first screens need comes in three files rather than in fifty.
        codeSplitting: {
          groups: [
            { name: 'ahead', test: /web\/src\/ahead\./, priority: 2 },
            { name: 'vue', test: /node_modules\/(vue|@vue|vue-router|pinia|vue-i18n|@intlify|@vueuse)\// },
            { name: 'core', test: /(web\/src\/(core|i18n\/index|features\/notify\/sound)|sdk\/ts\/src)\b/ },
            { debugName: 'first', name: (id, modules) => (isFirst(id, modules) ? 'first' : null) },
          ],
        },
      },
    },
    // What runs when the page opens is bounded by tools/check_web_size.
    chunkSizeWarningLimit: 600,
  },
  server: {
    proxy: {
      ...Object.fromEntries(served.map((path) => [path, { target: server, changeOrigin: true }])),
      '/chat': { target: server, ws: true, changeOrigin: true },
    },
  },
  test: { environment: 'happy-dom', include: ['src/**/*.test.ts'] },
})
