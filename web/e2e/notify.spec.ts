import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.js'

test.setTimeout(120_000)

const notifications = (page: Page) =>
  page.evaluate(async () => {
    const list = await (await navigator.serviceWorker.ready).getNotifications()
    return list.map(({ title, body }) => `${title}: ${body}`)
  })
const icon = (page: Page) => page.evaluate(() => document.querySelector<HTMLLinkElement>('link[rel="icon"]')!.href)

/** Nobody looks at this window. */
const leave = (page: Page) => page.evaluate(() => void (document.hasFocus = () => false))

test('the number of unread messages stands in the title and in the icon', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const page = await open(ana)
  await expect(page).toHaveTitle('im_service')
  await expect.poll(() => icon(page)).toMatch(/icon\.svg$/)
  await ben.say(ana, 'one')
  await expect(page).toHaveTitle('(1) im_service')
  await expect.poll(() => icon(page)).toMatch(/^data:image\/png/)
  const first = await icon(page)
  await ben.say(ana, 'two')
  await expect(page).toHaveTitle('(2) im_service')
  await expect.poll(() => icon(page)).not.toBe(first)
  for (let n = 0; n < 110; n++) await ben.say(ana, `${n}`)
  await expect(page).toHaveTitle('(99+) im_service')
  await page.getByRole('link', { name: /Ben/ }).click()
  await page.getByRole('button', { name: /^To the newest message/ }).click()
  await expect(page).toHaveTitle('im_service')
  await expect.poll(() => icon(page)).toMatch(/icon\.svg$/)
})

test('of two tabs one speaks; a muted chat is silent until one is named', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const group = await ana.group('Choir', ben)
  const page = await open(ana, { permissions: ['notifications'], path: '/#/chats' })
  await page.evaluate(() => localStorage.setItem('im.notify', 'true'))
  await page.reload()
  await page.evaluate(() => navigator.serviceWorker.ready)
  const other = await page.context().newPage()
  await other.goto(page.url())
  await expect(other.getByRole('link', { name: /Choir/ })).toBeVisible()
  await leave(page)
  await leave(other)
  await ben.say(ana, 'to both tabs')
  await expect.poll(() => notifications(page)).toEqual(['Ben: to both tabs'])
  await ana.put('/conv/set', { chat: 11, dstObj: group, mute: true })
  await expect(page.getByRole('link', { name: /Choir/ }).getByLabel('Muted')).toBeVisible()
  await ben.say(group, 'nobody has to hear this')
  await ben.say(group, '@Ana but you do', { at: [ana.email] })
  await expect.poll(() => notifications(page)).toContain('Choir: Ben: @Ana but you do')
  expect(await notifications(page)).not.toContain('Choir: Ben: nobody has to hear this')
})

test('a chat that is looked at is not told of, and a click on what is told opens the chat', async ({ open, person }) => {
  const [ana, ben, kim] = [await person('Ana'), await person('Ben'), await person('Kim')]
  await ana.befriend(ben)
  await ana.befriend(kim)
  await ben.say(ana, 'first')
  const page = await open(ana, { permissions: ['notifications'], path: `/#/chats/10/${encodeURIComponent(ben.email)}` })
  await page.evaluate(() => localStorage.setItem('im.notify', 'true'))
  await page.reload()
  await page.evaluate(() => navigator.serviceWorker.ready)
  await expect(page.getByRole('log').getByText('first')).toBeVisible()
  await ben.say(ana, 'I look at this')
  await kim.say(ana, 'and here')
  await expect.poll(() => notifications(page)).toEqual(['Kim: and here'])
  // As the worker does it when the notification is clicked; browsers allow it no page to click there.
  await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready
    const [told] = await registration.getNotifications()
    navigator.serviceWorker.dispatchEvent(new MessageEvent('message', { data: { open: told!.data as unknown } }))
  })
  await expect(page.getByRole('log').getByText('and here')).toBeVisible()
})
