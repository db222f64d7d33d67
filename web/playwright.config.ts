import { defineConfig } from '@playwright/test'

/** Real Chromium (Debian's) against the real server, which each worker starts for itself: IM_SERVER is its binary. */
export default defineConfig({
  testDir: 'e2e',
  // Needs a real S3 server: stage s3 of tools/test, which says where it is.
  testIgnore: process.env['IM_S3_SERVER'] ? [] : ['bucket.spec.ts'],
  outputDir: '../build/web-e2e',
  timeout: 180_000,
  expect: { timeout: 20_000 },
  workers: 2,
  retries: 0,
  reporter: [['line'], ['junit', { outputFile: '../build/test-results/web.xml' }]],
  use: {
    viewport: { width: 1280, height: 800 },
    locale: 'en-US',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: '/usr/bin/chromium',
      args: [
        '--no-sandbox', // tests run as root
        '--disable-gpu',
        '--disable-quic',
        '--disable-dev-shm-usage',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--use-fake-device-for-media-stream',
        '--use-fake-ui-for-media-stream',
      ],
    },
  },
})
