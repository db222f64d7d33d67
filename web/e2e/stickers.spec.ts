import type { Page } from '@playwright/test'
import { expectAccessible } from './axe.js'
import { png } from './png.js'
import { expect, picture, test, type Account } from './fixtures.js'

const chatWith = (other: Account) => `/#/chats/10/${encodeURIComponent(other.email)}`
const dialog = (page: Page) => page.locator('.el-dialog')

interface Said {
  msgs: { msgType: number; content: string; ext?: { name?: string } }[]
}

const said = async (who: Account, other: Account): Promise<Said['msgs']> => (await who.get<Said>(`/msg/pull?chat=10&dstObj=${other.email}`)).msgs

async function openStickers(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Emoji and stickers' }).click()
  await page.getByRole('button', { name: 'Stickers', exact: true }).click()
}

test('a pack is made of pictures, sent from with one tap, edited, and deleted', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const page = await open(ana, { path: chatWith(ben) })
  await openStickers(page)
  await expect(page.getByText('No stickers yet.')).toBeVisible()
  await page.getByRole('button', { name: 'Manage stickers' }).click()
  await page.getByRole('button', { name: 'New pack' }).click()
  await page.getByLabel('Name of the pack').fill('Tea')
  await page.locator('input[data-pick="stickers"]').setInputFiles([
    { name: 'cup.png', mimeType: 'image/png', buffer: png(80, 80, 90) },
    { name: 'pot.png', mimeType: 'image/png', buffer: png(90, 60, 160) },
    { name: 'words.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') },
  ])
  await expect(page.getByRole('alert')).toContainText('words.txt')
  await expect(page.getByLabel('Name of sticker 2')).toHaveValue('pot')
  await page.getByLabel('Name of sticker 1').fill('A cup')
  await picture(page, 'stickers-edit')
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('2 stickers')).toBeVisible()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Tea', exact: true }).click()
  await picture(page, 'stickers-panel')
  await page.getByRole('button', { name: 'A cup' }).click()
  await expect.poll(async () => (await said(ana, ben)).map(({ msgType, ext }) => [msgType, ext?.name])).toEqual([[14, 'A cup']])
  await page.getByRole('button', { name: 'Used lately' }).click()
  await page.getByRole('button', { name: 'A cup' }).focus()
  await page.keyboard.press('Enter')
  await expect.poll(async () => (await said(ana, ben)).length).toBe(2)

  await page.getByRole('button', { name: 'Manage stickers' }).click()
  await page.getByRole('button', { name: 'Edit Tea' }).click()
  await page.getByRole('button', { name: 'Take out pot' }).click()
  await page.getByLabel('Name of the pack').fill('Cups')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('1 sticker', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Remove Cups' }).click()
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await expect.poll(async () => (await ana.get<{ packs: unknown[] }>('/sticker/packs')).packs).toEqual([])
  await expect(dialog(page)).toBeVisible()
})

test('a shared pack is found, added, moved up, and removed', async ({ open, person, server }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const upload = async (who: Account, grey: number): Promise<string> => {
    const answer = await fetch(`${server.url}/file/upload?name=x.png`, { method: 'POST', headers: { email: who.email, token: who.token, v: '2' }, body: new Uint8Array(png(40, 40, grey)) })
    return ((await answer.json()) as { data: { url: string } }).data.url
  }
  const name = `Cups ${ana.email}`
  await ana.post('/sticker/create', { name, stickers: [{ name: 'cup', file: await upload(ana, 1) }], shared: true })
  await ben.post('/sticker/create', { name: 'Mine', stickers: [{ name: 'pot', file: await upload(ben, 2) }] })
  const page = await open(ben, { path: chatWith(ana) })
  await openStickers(page)
  await page.getByRole('button', { name: 'Manage stickers' }).click()
  await page.getByRole('button', { name: 'Find shared packs' }).click()
  await page.getByLabel('Name of a pack').fill(name)
  await expect(page.getByRole('button', { name: `Add ${name}` })).toBeVisible()
  await expect(dialog(page).getByRole('listitem')).toHaveCount(1)
  await expectAccessible(page)
  await page.getByRole('button', { name: `Add ${name}` }).click()
  await expect(page.getByText('Added', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Back' }).click()
  const packs = async (): Promise<string[]> => (await ben.get<{ packs: { name: string }[] }>('/sticker/packs')).packs.map((pack) => pack.name)
  const before = await packs()
  await picture(page, 'stickers-manage')
  await page.getByRole('button', { name: `Move ${before[1]} up` }).click()
  await expect.poll(packs).toEqual([before[1], before[0]])
  await page.getByRole('button', { name: `Remove ${name}` }).click()
  await page.getByRole('button', { name: 'Remove', exact: true }).click()
  await expect.poll(packs).toEqual(['Mine'])
  expect((await ana.get<{ packs: unknown[] }>('/sticker/packs')).packs).toHaveLength(1)
})

test('a picture that came becomes one of my stickers, once', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await ben.say(ana, await ben.upload('cat.png', png(96, 96, 120)), { msgType: 2, ext: { name: 'cat.png', width: 96, height: 96 } })
  const page = await open(ana, { path: chatWith(ben) })
  const keep = async () => {
    await page.locator('[data-seq="1"] .bubble').click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Add to my stickers' }).click()
  }
  await keep()
  await expect(page.getByText('Added to your stickers.')).toBeVisible()
  const packs = async () => (await ana.get<{ packs: { name: string; count: number; mine: boolean }[] }>('/sticker/packs')).packs.map(({ name, count, mine }) => ({ name, count, mine }))
  await expect.poll(packs).toEqual([{ name: 'My stickers', count: 1, mine: true }])
  await keep()
  await expect(page.getByText('It is among your stickers already.')).toBeVisible()
  expect(await packs()).toEqual([{ name: 'My stickers', count: 1, mine: true }])
  await openStickers(page)
  await page.getByRole('button', { name: 'My stickers' }).click()
  await page.getByRole('button', { name: 'Sticker 1' }).click()
  await expect.poll(async () => (await said(ana, ben)).map(({ msgType }) => msgType)).toEqual([2, 14])
})

test('what one device does with packs is seen on the other while it looks', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const [one, other] = [await open(ana, { path: chatWith(ben) }), await open(ana, { path: chatWith(ben) })]
  await openStickers(other)
  await expect(other.getByText('No stickers yet.')).toBeVisible()
  const tea = await ana.post<{ id: number }>('/sticker/create', { name: 'Tea', stickers: [{ name: 'cup', file: await ana.upload('cup.png', png(40, 40, 10)) }] })
  await expect(other.getByRole('button', { name: 'Tea', exact: true })).toBeVisible()
  await ana.post('/sticker/create', { name: 'Cats', stickers: [{ name: 'cat', file: await ana.upload('cat.png', png(40, 40, 20)) }] })
  await openStickers(one)
  await other.getByRole('button', { name: 'Manage stickers' }).click()
  await expect(other.getByRole('listitem').locator('.name')).toHaveText(['Cats', 'Tea'])
  await one.getByRole('button', { name: 'Manage stickers' }).click()
  await one.getByRole('button', { name: 'Move Tea up' }).click()
  for (const page of [one, other]) await expect(page.getByRole('listitem').locator('.name')).toHaveText(['Tea', 'Cats'])
  await ana.put('/sticker/edit', { id: tea.id, name: 'Green tea' })
  for (const page of [one, other]) await expect(page.getByRole('listitem').locator('.name')).toHaveText(['Green tea', 'Cats'])
  await one.getByRole('button', { name: 'Remove Green tea' }).click()
  await one.getByRole('button', { name: 'Delete', exact: true }).click()
  for (const page of [one, other]) await expect(page.getByRole('listitem').locator('.name')).toHaveText(['Cats'])
})
