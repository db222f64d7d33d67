import { defineConfig } from '@playwright/test'
import play from '../playwright.config'

/** Figures of the client in real Chromium, by hand: bench/web. Nothing else may run beside it. */
export default defineConfig({
  ...play,
  testDir: '.',
  testMatch: '*.bench.ts',
  outputDir: '../../build/web-bench',
  timeout: 1_800_000,
  workers: 1,
  reporter: [['list']],
  use: { ...play.use, trace: 'off' },
})
