import type { Page } from '@playwright/test'
import { expectAccessible } from './axe.js'
import { expect, picture, test, type Account } from './fixtures.js'

const box = (page: Page) => page.getByLabel('Write a message')
const log = (page: Page) => page.getByRole('log')
const chatWith = (other: Account) => `/#/chats/10/${encodeURIComponent(other.email)}`

test('Enter sends, Shift+Enter begins a line, and the box grows and shrinks', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const page = await open(ana, { path: chatWith(ben) })
  await expect(box(page)).toBeFocused()
  const small = (await box(page).boundingBox())!.height
  await page.keyboard.type('one')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.type('two')
  expect((await box(page).boundingBox())!.height).toBeGreaterThan(small + 10)
  await page.keyboard.press('Enter')
  await expect(log(page).getByText('one\ntwo')).toBeVisible()
  await expect(box(page)).toHaveValue('')
  expect((await box(page).boundingBox())!.height).toBe(small)
})

test('with the other preference Ctrl+Enter sends, and Enter begins a line', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const page = await open(ana, { path: chatWith(ben) })
  await page.evaluate(() => localStorage.setItem('im.enterSends', 'false'))
  await page.reload()
  await box(page).fill('one')
  await page.keyboard.press('Enter')
  await expect(box(page)).toHaveValue('one\n')
  await page.keyboard.type('two')
  await page.keyboard.press('Control+Enter')
  await expect(log(page).getByText('one\ntwo')).toBeVisible()
})

test('Enter that ends a composition of an input method sends nothing', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const page = await open(ana, { path: chatWith(ben) })
  await box(page).focus()
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Input.imeSetComposition', { text: 'nihao', selectionStart: 5, selectionEnd: 5 })
  await box(page).dispatchEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true })
  await expect(box(page)).toHaveValue('nihao')
  await cdp.send('Input.insertText', { text: '你好' })
  await expect(box(page)).toHaveValue('你好')
  await page.keyboard.press('Enter')
  await expect(log(page).getByText('你好')).toBeVisible()
  await expect(log(page).getByText('nihao')).toHaveCount(0)
})

test('a draft survives a crash, is on the server, and appears on another device that was not touched', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const page = await open(ana, { path: chatWith(ben), complaints: /ERR_INTERNET_DISCONNECTED/ })
  const other = await open(ana, { path: chatWith(ben) })
  await box(page).fill('Not finished')
  await expect(box(other)).toHaveValue('Not finished')
  await page.reload()
  await expect(box(page)).toHaveValue('Not finished')
  // Typed here while offline: kept here, told when there is a connection again, and never overwritten meanwhile.
  await page.context().setOffline(true)
  await box(page).fill('Not finished yet')
  await page.waitForFunction((key) => new Promise((done) => {
    const open = indexedDB.open(key)
    open.onsuccess = () => {
      const all = open.result.transaction('drafts').objectStore('drafts').getAll()
      all.onsuccess = () => { open.result.close(); done(all.result.some(({ text }) => text === 'Not finished yet')) }
    }
  }), `im:${ana.email}`)
  await page.context().setOffline(false)
  await expect(box(other)).toHaveValue('Not finished yet')
  await box(other).fill('Finished')
  await other.keyboard.press('Enter')
  await expect(box(page)).toHaveValue('')
  await expect.poll(async () => JSON.stringify(await ana.get('/conv/list'))).not.toContain('Not finished')
}, )

test('what is typed on one device does not disturb what is typed on another', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await ana.say(ben, 'Hello')
  const page = await open(ana, { path: chatWith(ben) })
  await expect(log(page).getByText('Hello')).toBeVisible()
  // It comes while somebody types: what stands there for a while is kept on the server, and then belongs to all devices.
  await box(page).pressSequentially('Mine')
  const elsewhere = ana.put('/conv/set', { chat: 10, dstObj: ben.email, draft: 'From elsewhere' })
  await box(page).pressSequentially(' and nobody else’s', { delay: 60 })
  await elsewhere
  await expect.poll(async () => JSON.stringify(await ana.get('/conv/list'))).toContain('Mine and nobody else’s')
  await expect(box(page)).toHaveValue('Mine and nobody else’s')
})

test('the arrow up in an empty box edits the last message, and Escape gives back what stood there', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await ana.say(ben, 'Tee at four?')
  await ben.say(ana, 'What?')
  const page = await open(ana, { path: chatWith(ben) })
  await expect(log(page).getByText('What?')).toBeVisible()
  await box(page).press('ArrowUp')
  await expect(page.getByText('Edit the message')).toBeVisible()
  await expect(box(page)).toHaveValue('Tee at four?')
  await page.keyboard.press('Escape')
  await expect(box(page)).toHaveValue('')
  await box(page).press('ArrowUp')
  await box(page).fill('Tea at four?')
  await page.keyboard.press('Enter')
  await expect(log(page).getByText('Tea at four?')).toBeVisible()
  await expect(page.getByText('Edit the message')).toHaveCount(0)
})

test('a text over the limit is not sent, and says by how much', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const page = await open(ana, { path: chatWith(ben) })
  await box(page).fill('茶'.repeat(21_846))
  await expect(page.getByRole('alert')).toContainText('2 bytes over the limit of 65,536')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: 'Send', exact: true })).toBeDisabled()
  await box(page).fill('茶'.repeat(21_845))
  await page.keyboard.press('Enter')
  await expect(box(page)).toHaveValue('')
  await expect.poll(async () => JSON.stringify(await ana.get(`/msg/pull?chat=10&dstObj=${ben.email}`)).length).toBeGreaterThan(21_845)
})

test('members are mentioned by keyboard, and are told; all by the owner', async ({ open, person }) => {
  const [ana, ben, cy] = [await person('Ana'), await person('Ben Big'), await person('Cy')]
  await ana.befriend(ben)
  await ana.befriend(cy)
  const group = await ana.group('Tea', ben, cy)
  const page = await open(ana, { path: `/#/chats/11/${group}` })
  await box(page).pressSequentially('come @')
  await expect(page.getByRole('option')).toHaveCount(3)
  await picture(page, 'compose-mention')
  await expectAccessible(page)
  await page.keyboard.type('big')
  await expect(page.getByRole('option')).toHaveCount(1)
  await page.keyboard.press('Enter')
  await expect(box(page)).toHaveValue('come @Ben Big ')
  await page.keyboard.type('and @a')
  await expect(page.getByRole('option').first()).toContainText('all')
  await page.keyboard.press('Tab')
  await expect(box(page)).toHaveValue('come @Ben Big and @all ')
  await page.keyboard.press('Enter')
  await expect.poll(async () => JSON.stringify(await ana.get(`/msg/pull?chat=11&dstObj=${group}`))).toContain(`"at":["${ben.email}","@all"]`)

  const members = await open(ben, { path: `/#/chats/11/${group}` })
  await box(members).pressSequentially('@')
  await expect(members.getByRole('option')).toHaveCount(2) // All is not his to name.
  await members.keyboard.press('Escape')
  await expect(members.getByRole('option')).toHaveCount(0)
})

test('somebody who types is seen typing, until the message comes', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const [a, b] = [await open(ana, { path: chatWith(ben) }), await open(ben, { path: chatWith(ana) })]
  await expect(b.getByText('Online', { exact: true })).toBeVisible()
  await box(a).pressSequentially('Hel')
  await expect(b.getByText('Ana is typing…').first()).toBeVisible()
  await box(a).press('Enter')
  await expect(b.getByText('Ana is typing…')).toHaveCount(0)
})

test('an emoji comes in where the caret is, by name, and is among the recent ones then', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const page = await open(ana, { path: chatWith(ben) })
  await box(page).fill('ab')
  await box(page).press('ArrowLeft')
  await page.getByRole('button', { name: 'Emoji and stickers', exact: true }).click()
  await page.getByLabel('Find an emoji').fill('waving hand')
  await page.getByRole('button', { name: 'waving hand', exact: true }).click()
  await expect(box(page)).toHaveValue('a👋b')
  await picture(page, 'compose-emoji')
  await expectAccessible(page)
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Emoji and stickers', exact: true }).click()
  await page.getByLabel('Used lately').click()
  await page.getByRole('group', { name: 'Emoji', exact: true }).getByRole('button').first().focus()
  await page.keyboard.press('Enter')
  await expect(box(page)).toHaveValue('a👋👋b')
})

test('where one may not write the box says why: a stranger, a group that was left, muted', async ({ open, person }) => {
  const [ana, ben, cy] = [await person('Ana'), await person('Ben'), await person('Cy')]
  await ana.befriend(cy)
  const stranger = await open(ana, { path: chatWith(ben) })
  await expect(stranger.getByText('You are not friends')).toBeVisible()
  await expect(box(stranger)).toHaveCount(0)
  await expectAccessible(stranger)
  await stranger.getByRole('button', { name: 'Add as a friend' }).click()
  await expect(box(stranger)).toBeVisible()

  const group = await ana.group('Tea', cy)
  const page = await open(cy, { path: `/#/chats/11/${group}` })
  await expect(box(page)).toBeVisible()
  await ana.post('/community/mute', { dstObj: group, user: cy.email, until: Date.now() + 3_600_000 })
  await box(page).fill('Hel')
  await expect(page.getByText('You are muted in this group.')).toBeVisible()
  await ana.post('/community/mute', { dstObj: group, user: cy.email, until: 0 })
  await expect(box(page)).toBeVisible()
  await expect(box(page)).toHaveValue('Hel')
  await ana.post('/community/mute_all', { dstObj: group, until: Date.now() + 3_600_000 })
  await expect(page.getByText('Only the owner and admins may write now.')).toBeVisible()
  await ana.post('/community/kick', { dstObj: group, user: cy.email })
  await expect(page.getByText('You are no longer in this group.')).toBeVisible()
  await expect(box(page)).toHaveCount(0)
})

test('what is sent where nothing could be loaded is shown, and goes out once', async ({ open, person }) => {
  const [ana, ben, cy] = [await person('Ana'), await person('Ben'), await person('Cy')]
  await ana.befriend(ben)
  await ana.befriend(cy)
  const page = await open(ana, { path: chatWith(ben), complaints: /ERR_|WebSocket|Failed to load/ })
  await expect(box(page)).toBeVisible()
  await page.context().setOffline(true)
  await page.evaluate((hash) => (location.hash = hash), chatWith(cy).slice(1))
  await expect(page.getByRole('alert')).toBeVisible()
  await box(page).fill('Written offline')
  await page.keyboard.press('Enter')
  await expect(log(page).getByText('Written offline')).toBeVisible()
  await page.context().setOffline(false)
  await expect.poll(async () => JSON.stringify(await cy.get(`/msg/pull?chat=10&dstObj=${ana.email}`)).split('Written offline').length).toBe(2)
  await expect(page.getByRole('alert')).toHaveCount(0)
  await expect(log(page).getByText('Written offline')).toHaveCount(1)
})

test('what a closed tab left unsent goes out from the one that is open', async ({ open, person, server }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const page = await open(ana, { path: chatWith(ben), complaints: /ERR_|WebSocket|Failed to load/ })
  await expect(box(page)).toBeVisible()
  const second = await page.context().newPage()
  await second.goto(`${server.url}${chatWith(ben)}`)
  await expect(box(second)).toBeVisible()
  await page.context().setOffline(true)
  await box(second).fill('From the closed one')
  await second.keyboard.press('Enter')
  await expect(log(second).getByText('From the closed one')).toBeVisible()
  await second.close()
  await page.context().setOffline(false)
  await expect(log(page).getByText('From the closed one')).toBeVisible({ timeout: 20_000 })
  await expect.poll(async () => JSON.stringify(await ben.get(`/msg/pull?chat=10&dstObj=${ana.email}`)).split('From the closed one').length).toBe(2)
})

for (const [width, height] of [[360, 720], [768, 1024], [1280, 800]] as const)
  for (const dark of [false, true])
    test(`the box and its panel fit ${width} px, ${dark ? 'dark, Chinese, by touch' : 'light'}`, async ({ open, person }) => {
      const [ana, ben] = [await person('Ana'), await person('Ben')]
      await ana.befriend(ben)
      await ben.say(ana, 'Tea at four?')
      const page = await open(ana, { path: chatWith(ben), viewport: { width, height }, hasTouch: dark, colorScheme: dark ? 'dark' : 'light', locale: dark ? 'zh-CN' : 'en-US' })
      const words = dark ? { box: '输入消息', picker: '表情和表情包', group: '表情' } : { box: 'Write a message', picker: 'Emoji and stickers', group: 'Emoji' }
      await page.getByLabel(words.box).fill('Gladly.\nAnd a second line')
      await page.getByRole('button', { name: words.picker }).click()
      await expect(page.getByRole('group', { name: words.group, exact: true }).getByRole('button').first()).toBeVisible()
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
      await picture(page, `compose-${width}-${dark ? 'dark' : 'light'}`)
      await expectAccessible(page)
    })
