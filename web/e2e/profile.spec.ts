import { expectAccessible } from './axe.js'
import { expect, picture, test } from './fixtures.js'

/** Two browsers, and a picture that the server looks into. */
test.setTimeout(120_000)

/** A picture of the size that is asked for, drawn by the page. */
async function drawn(page: import('@playwright/test').Page, width: number, height: number): Promise<Buffer> {
  const bytes = await page.evaluate(
    async ([w, h]) => {
      const canvas = new OffscreenCanvas(w!, h!)
      const paint = canvas.getContext('2d')!
      const colours = paint.createLinearGradient(0, 0, w!, h!)
      colours.addColorStop(0, 'teal')
      colours.addColorStop(1, 'orange')
      paint.fillStyle = colours
      paint.fillRect(0, 0, w!, h!)
      return [...new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer())]
    },
    [width, height],
  )
  return Buffer.from(bytes)
}

test('a picture of oneself is cut to a square, and others see it', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const page = await open(ana, { path: '/#/settings/profile' })
  const input = page.getByLabel('Choose a picture').and(page.locator('input'))
  await input.setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: await drawn(page, 800, 500) })
  const dialog = page.getByRole('dialog', { name: 'Cut the picture' })
  await expect(dialog).toBeVisible()
  await dialog.getByRole('application').focus()
  await expect(dialog.getByRole('button', { name: 'Use picture' })).toBeEnabled() // the picture is there
  await page.keyboard.press('+')
  await page.keyboard.press('ArrowRight')
  await expectAccessible(page)
  await picture(page, 'picture-crop')
  await dialog.getByRole('button', { name: 'Use picture' }).click()
  await expect(dialog).toHaveCount(0)
  await expect(page.getByRole('group', { name: 'Picture' }).locator('img')).toBeVisible()
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Saved.')).toBeVisible()
  const { avatar } = await ben.get<{ avatar: string }>(`/user/user_info?email=${ana.email}`)
  expect(avatar).toMatch(/^\/file\/[0-9a-f]{32}\?/)
  const size = await page.evaluate(async (address) => {
    const shown = await createImageBitmap(await (await fetch(address)).blob())
    return [shown.width, shown.height]
  }, avatar)
  expect(size).toEqual([512, 512])
})

test('keys that are pressed before the picture is there do nothing', async ({ open, person }) => {
  const page = await open(await person('Ana'), { path: '/#/settings/profile' })
  const input = page.getByLabel('Choose a picture').and(page.locator('input'))
  const buffer = await drawn(page, 800, 500)
  await page.evaluate(() => {
    new MutationObserver((_, observer) => {
      const stage = document.querySelector('[role=application]')
      if (!stage) return
      observer.disconnect()
      for (const key of ['+', '-', 'ArrowLeft']) stage.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
      document.documentElement.dataset.pressed = 'early'
    }).observe(document.body, { childList: true, subtree: true })
  })
  await input.setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer })
  const dialog = page.getByRole('dialog', { name: 'Cut the picture' })
  await expect(page.locator('html')).toHaveAttribute('data-pressed', 'early')
  await dialog.getByRole('button', { name: 'Use picture' }).click()
  await expect(page.getByRole('group', { name: 'Picture' }).locator('img')).toBeVisible()
})

test('what is no picture is refused in plain words', async ({ open, person }) => {
  const page = await open(await person('Ana'), { path: '/#/settings/profile' })
  const input = page.getByLabel('Choose a picture').and(page.locator('input'))
  await input.setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: Buffer.from('not at all') })
  await expect(page.getByText('That is not a picture that can be shown.')).toBeVisible()
  await expect(page.getByRole('dialog')).toHaveCount(0)
})
