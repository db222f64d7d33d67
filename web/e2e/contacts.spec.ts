import { expectAccessible } from './axe.js'
import { expect, picture, test } from './fixtures.js'
import { Account } from './fixtures.js'
import { Server } from './server.js'

/** Two and three browsers at once. */
test.setTimeout(120_000)

function personPath(email: string): string {
  return `/#/contacts/user/${encodeURIComponent(email)}`
}

test('somebody is found, added, and both see it at once', async ({ open, person }) => {
  const name = `Zoe${Date.now()}`
  const [ana, zoe] = [await person('Ana'), await person(name)]
  const [a, z] = [await open(ana, { path: '/#/contacts' }), await open(zoe, { path: '/#/contacts' })]
  await a.getByRole('link', { name: 'Find people and groups' }).click()
  await a.getByLabel('Name, email or group number').fill(name.toUpperCase())
  await a.getByRole('button', { name: `Add friend: ${name}` }).click()
  await a.getByRole('dialog').getByRole('textbox').fill('Hello from the tea house')
  await a.getByRole('dialog').getByRole('button', { name: 'Add friend' }).click()
  await expect(a.getByText('You are friends now.')).toBeVisible()
  await expect(a.getByRole('button', { name: `Send a message: ${name}` })).toBeVisible()
  await expectAccessible(a)
  await picture(a, 'contacts-find')
  await expect(z.getByRole('link', { name: 'Ana' })).toBeVisible()
  await a.getByRole('button', { name: `Send a message: ${name}` }).click()
  await expect(a.getByLabel('Write a message')).toBeVisible()
})

test('a search that finds nobody says so', async ({ open, person }) => {
  const page = await open(await person('Ana'), { path: '/#/contacts/find' })
  await page.getByLabel('Name, email or group number').fill('no-such-person-anywhere')
  await expect(page.getByText('Nothing found.')).toBeVisible()
})

test('remark and tags name and filter a friend, on the other devices too', async ({ open, person }) => {
  const [ana, ben, cleo] = [await person('Ana'), await person('Ben'), await person('Cleo')]
  await ana.befriend(ben)
  await ana.befriend(cleo)
  const [page, second] = [await open(ana, { path: personPath(ben.email) }), await open(ana, { path: '/#/contacts' })]
  await page.getByRole('button', { name: 'Remark and tags' }).click()
  const dialog = page.getByRole('dialog', { name: 'Remark and tags' })
  await dialog.getByLabel('Remark').fill('Ben from work')
  await dialog.getByLabel('Tags').fill('tea')
  await page.keyboard.press('Enter')
  await expectAccessible(page)
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('heading', { name: 'Ben from work' }).first()).toBeVisible()
  await expect(second.getByRole('link', { name: /Ben from work/ })).toBeVisible()
  await second.getByRole('button', { name: 'tea' }).click()
  await expect(second.getByRole('link', { name: 'Cleo' })).toHaveCount(0)
  await expect(second.getByRole('link', { name: /Ben from work/ })).toBeVisible()
  await second.getByRole('button', { name: 'tea' }).click()
  await second.getByLabel('Filter').fill('cle')
  await expect(second.getByRole('link', { name: 'Cleo' })).toBeVisible()
  await expect(second.getByRole('link', { name: /Ben from work/ })).toHaveCount(0)
  await expectAccessible(page)
  await picture(page, 'contacts-person')
})

test('a friend is removed after a question, for both', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const [a, b] = [await open(ana, { path: personPath(ben.email) }), await open(ben, { path: '/#/contacts' })]
  await expect(b.getByRole('link', { name: 'Ana' })).toBeVisible()
  await a.getByRole('button', { name: 'Remove friend' }).click()
  await a.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await expect(a.getByRole('dialog')).toBeHidden()
  await expect(a.getByRole('button', { name: 'Send a message: Ben' })).toBeVisible()
  await a.getByRole('button', { name: 'Remove friend' }).click()
  await a.getByRole('dialog').getByRole('button', { name: 'Remove friend' }).click()
  await expect(a.getByRole('button', { name: 'Add friend: Ben' })).toBeVisible()
  await expect(b.getByRole('link', { name: 'Ana' })).toHaveCount(0)
})

test('who is blocked stands in a list of its own, and comes back from it', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const a = await open(ana, { path: personPath(ben.email) })
  await a.getByRole('button', { name: 'Block', exact: true }).click()
  await a.getByRole('dialog').getByRole('button', { name: 'Block' }).click()
  await expect(a.getByText('You blocked this person')).toBeVisible()
  await expect(ben.say(ana, 'Hello?')).rejects.toThrow('2102')
  await a.getByRole('link', { name: 'Blocked' }).click()
  await expectAccessible(a)
  await a.getByRole('button', { name: 'Unblock: Ben' }).click()
  await expect(a.getByText('You have blocked nobody.')).toBeVisible()
  await ben.say(ana, 'Hello!')
})

test('presence shows on the page of a friend, and when he was last here', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const a = await open(ana, { path: personPath(ben.email) })
  await expect(a.getByText('Offline', { exact: true })).toBeVisible()
  const b = await open(ben)
  await expect(a.getByText('Online', { exact: true })).toBeVisible()
  await b.close()
  await expect(a.getByText(/^Last here/)).toBeVisible()
})

test.describe('where people have to agree', () => {
  let server: Server
  test.beforeAll(async () => {
    server = await Server.start('--contact.policy=request')
  })
  test.afterAll(() => server.remove())
  test.use({ server: async ({}, use) => use(server) })

  test('a request shows at once, is accepted, and both are friends', async ({ open }) => {
    const [ana, ben] = [await Account.register(server, 'Ana'), await Account.register(server, 'Ben')]
    const [a, b] = [await open(ana, { path: personPath(ben.email) }), await open(ben, { path: '/#/contacts/requests' })]
    await a.getByRole('button', { name: 'Add friend: Ben' }).click()
    await a.getByRole('dialog').getByRole('textbox').fill('Ana, from the <b>tea house</b>')
    await a.getByRole('dialog').getByRole('button', { name: 'Add friend' }).click()
    await expect(a.getByText('Your request was sent.')).toBeVisible()
    await expect(a.getByText('Requested')).toBeVisible()
    await expect(b.getByText('Ana, from the <b>tea house</b>')).toBeVisible()
    await expect(b.getByRole('link', { name: /Friend requests/ })).toContainText('1')
    await expectAccessible(b)
    await picture(b, 'contacts-requests')
    await b.getByRole('button', { name: 'Accept: Ana' }).click()
    await expect(b.getByText('Accepted')).toBeVisible()
    await expect(a.getByRole('button', { name: 'Send a message: Ben' })).toBeVisible()
    await a.getByRole('link', { name: /Friend requests/ }).click()
    await expect(a.getByText('Accepted')).toBeVisible()
  })

  test('a request that is declined makes nobody a friend', async ({ open }) => {
    const [ana, ben] = [await Account.register(server, 'Ana'), await Account.register(server, 'Ben')]
    await ana.befriend(ben)
    const [a, b] = [await open(ana, { path: '/#/contacts/requests' }), await open(ben, { path: personPath(ana.email) })]
    await expect(a.getByText('Requested')).toBeVisible()
    await b.getByRole('button', { name: 'Decline: Ana' }).click()
    await expect(b.getByRole('button', { name: 'Add friend: Ana' })).toBeVisible()
    await expect(a.getByText('Declined')).toBeVisible()
    await expect(a.getByRole('heading', { name: /^Friends/ })).toHaveCount(0)
  })
})

for (const theme of ['light', 'dark'] as const)
  test(`a plain button under the pointer can be read, ${theme}`, async ({ open, person }) => {
    const [ana, eve] = [await person('Ana'), await person('Eve')]
    const page = await open(ana, { path: `/#/chats/10/${encodeURIComponent(eve.email)}`, colorScheme: theme })
    const button = page.getByRole('button', { name: 'Add as a friend' })
    await button.hover()
    await button.evaluate((element) => Promise.all(element.getAnimations({ subtree: true }).map(({ finished }) => finished)))
    await expect(button).toHaveCSS('color', theme === 'light' ? 'rgb(23, 99, 79)' : 'rgb(127, 211, 184)')
    await expectAccessible(page)
  })
