import type { Page } from '@playwright/test'
import { expectAccessible } from './axe.js'
import { expect, picture, test } from './fixtures.js'

/** Two and three browsers at once. */
test.setTimeout(120_000)

async function menu(page: Page, name: string, item: string): Promise<void> {
  await page.getByRole('button', { name: `More: ${name}` }).click()
  await page.getByRole('menuitem', { name: item, exact: true }).click()
}

async function agree(page: Page, button: string): Promise<void> {
  await page.getByRole('dialog').getByRole('button', { name: button }).click()
}

test('a group is founded with friends in it, who see it at once', async ({ open, person }) => {
  const [ana, ben, cleo] = [await person('Ana'), await person('Ben'), await person('Cleo')]
  await ana.befriend(ben)
  await ana.befriend(cleo)
  const [a, b, c] = [await open(ana, { path: '/#/contacts' }), await open(ben, { path: '/#/contacts' }), await open(cleo)]
  await a.getByRole('button', { name: 'New group' }).click()
  const dialog = a.getByRole('dialog', { name: 'New group' })
  await dialog.getByLabel('Name of the group').fill('Tea <b>people</b>')
  await dialog.getByLabel('About').fill('green and black')
  await dialog.getByLabel('Ben').check()
  await dialog.getByLabel('Cleo').check()
  await expect(dialog.getByText('2 chosen')).toBeVisible()
  await expectAccessible(a)
  await picture(a, 'group-create')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await expect(a.getByRole('heading', { name: 'Tea <b>people</b>' })).toBeVisible()
  await expect(b.getByRole('link', { name: /Tea <b>people<\/b>/ })).toBeVisible()
  await expect(c.getByRole('link', { name: /Tea <b>people<\/b>/ })).toBeVisible()
})

test('name, notice and bounds of a group change for all who look at it', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const id = await ana.group('Tea', ben)
  const path = `/#/contacts/group/${id}`
  const [a, b] = [await open(ana, { path }), await open(ben, { path })]
  await expect(b.getByRole('button', { name: 'Edit group' })).toHaveCount(0)
  await a.getByRole('button', { name: 'Edit group' }).click()
  const dialog = a.getByRole('dialog', { name: 'Edit group' })
  await dialog.getByLabel('Name of the group').fill('Tea at four')
  await dialog.getByText('Nobody may join unless invited.').click()
  await expectAccessible(a)
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(b.getByRole('heading', { name: 'Tea at four' }).first()).toBeVisible()
  await a.getByRole('button', { name: 'Write one' }).click()
  await a.getByLabel('Notice').fill('No coffee.')
  await a.getByRole('button', { name: 'Save' }).click()
  await expect(b.getByText('No coffee.')).toBeVisible()
  await expect(b.getByText(/Ana · /)).toBeVisible()
  await a.getByRole('switch', { name: 'Only owner and admins may write' }).locator('..').click()
  await expect(b.getByText('Only the owner and admins may write here.')).toBeVisible()
  await expect(ben.say(id, 'But')).rejects.toThrow('2104')
  await expectAccessible(a)
  await picture(a, 'group-page')
})

test('roles, mutes and going: what the owner does, three people see', async ({ open, person }) => {
  const [ana, ben, cleo] = [await person('Ana'), await person('Ben'), await person('Cleo')]
  await ana.befriend(ben)
  await ana.befriend(cleo)
  const id = await ana.group('Roles', ben, cleo)
  const path = `/#/contacts/group/${id}`
  const [a, b, c] = [await open(ana, { path }), await open(ben, { path }), await open(cleo, { path })]
  await expect(c.getByRole('list', { name: 'Members' }).getByText('Ben')).toBeVisible()
  await expect(c.getByRole('button', { name: /^More: / })).toHaveCount(0)
  await menu(a, 'Ben', 'Make admin')
  await expect(c.getByText('Admin', { exact: true })).toBeVisible()
  await expect(b.getByRole('button', { name: 'More: Cleo' })).toBeVisible()
  await expect(b.getByRole('button', { name: 'More: Ana' })).toHaveCount(0)
  await menu(b, 'Cleo', 'Mute for 1 hour')
  await expect(c.getByText(/^Muted until/)).toBeVisible()
  await expect(cleo.say(id, 'But')).rejects.toThrow('2104')
  await menu(b, 'Cleo', 'Unmute')
  await expect(c.getByText(/^Muted until/)).toHaveCount(0)
  await menu(a, 'Ben', 'Make owner')
  await agree(a, 'Make owner')
  await expect(b.getByRole('button', { name: 'Dissolve group' })).toBeVisible()
  await expect(a.getByRole('button', { name: 'Leave group' })).toBeVisible()
  await menu(b, 'Cleo', 'Remove from group')
  await agree(b, 'Remove from group')
  await expect(a.getByText('Members (2)')).toBeVisible()
  await expect(c.getByRole('button', { name: 'Join: Roles' })).toBeVisible()
  await a.getByRole('button', { name: 'Leave group' }).click()
  await agree(a, 'Leave group')
  await expect(b.getByText('Members (1)')).toBeVisible()
  await b.getByRole('button', { name: 'Dissolve group' }).click()
  await agree(b, 'Dissolve group')
  await expect(b.getByRole('link', { name: /Roles/ })).toHaveCount(0)
})

test('friends are invited, and only those who are not in yet are offered', async ({ open, person }) => {
  const [ana, ben, cleo] = [await person('Ana'), await person('Ben'), await person('Cleo')]
  await ana.befriend(ben)
  await ana.befriend(cleo)
  const id = await ana.group('Invited', ben)
  const [a, c] = [await open(ana, { path: `/#/contacts/group/${id}` }), await open(cleo, { path: '/#/contacts' })]
  await a.getByRole('button', { name: 'Invite friends' }).click()
  const dialog = a.getByRole('dialog', { name: 'Invite friends' })
  await expect(dialog.getByLabel('Cleo')).toBeVisible()
  await expect(dialog.getByLabel('Ben')).toHaveCount(0)
  await dialog.getByLabel('Cleo').check()
  await dialog.getByRole('button', { name: 'Invite', exact: true }).click()
  await expect(a.getByText('Members (3)')).toBeVisible()
  await expect(c.getByRole('link', { name: /Invited/ })).toBeVisible()
})

test('an open group is joined at once; one by approval waits for an admin; a closed one says so', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  const [opened, approved, closed] = [await ana.group('Open tea'), await ana.group('Approved tea'), await ana.group('Closed tea')]
  await ana.put('/community/edit', { dstObj: approved, join: 'approve' })
  await ana.put('/community/edit', { dstObj: closed, join: 'closed' })
  const [a, b] = [await open(ana, { path: '/#/contacts' }), await open(ben, { path: `/#/contacts/group/${opened}` })]
  await b.getByRole('button', { name: 'Join: Open tea' }).click()
  await expect(b).toHaveURL(new RegExp(`chats/11/${opened}`))
  await b.goto(`${ben.server.url}/#/contacts/group/${closed}`)
  await expect(b.getByText('Closed: by invitation only')).toBeVisible()
  await b.goto(`${ben.server.url}/#/contacts/group/${approved}`)
  await b.getByRole('button', { name: 'Ask to join: Approved tea' }).click()
  await b.getByRole('dialog').getByRole('textbox').fill('I like tea')
  await b.getByRole('dialog').getByRole('button', { name: 'Ask to join' }).click()
  await expect(b.getByText('Waiting to be let in')).toBeVisible()
  await expect(a.getByRole('link', { name: /Approved tea/ })).toContainText('1')
  await a.getByRole('link', { name: /Approved tea/ }).click()
  await expect(a.getByText('I like tea')).toBeVisible()
  await expectAccessible(a)
  await picture(a, 'group-applicants')
  await a.getByRole('button', { name: 'Decline: Ben' }).click()
  await expect(a.getByText('Want to join')).toHaveCount(0)
  await b.getByRole('button', { name: 'Ask to join: Approved tea' }).click()
  await b.getByRole('dialog').getByRole('button', { name: 'Ask to join' }).click()
  await a.getByRole('button', { name: 'Let in: Ben' }).click()
  await expect(a.getByText('Members (2)')).toBeVisible()
  await expect(b.getByRole('button', { name: 'Leave group' })).toBeVisible()
})

test('a group that is not there is said to be gone', async ({ open, person }) => {
  const page = await open(await person('Ana'), { path: '/#/contacts/group/999999' })
  await expect(page.getByRole('alert')).toBeVisible()
})

test("a chat's details: muted, kept on top, cleared, and closed by Escape", async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const id = await ana.group('Details', ben)
  await ben.say(id, 'The first words')
  const a = await open(ana, { path: `/#/chats/11/${id}` })
  await expect(a.getByRole('log').getByText('The first words')).toBeVisible()
  await a.getByRole('button', { name: 'Details' }).click()
  const panel = a.getByRole('region', { name: 'Details' })
  await expect(panel.getByText('Members (2)')).toBeVisible()
  await panel.getByRole('switch', { name: 'Mute notifications' }).locator('..').click()
  await expect(panel.getByRole('switch', { name: 'Mute notifications' })).toBeChecked()
  await panel.getByRole('switch', { name: 'Keep on top' }).locator('..').click()
  await expect(panel.getByRole('switch', { name: 'Keep on top' })).toBeChecked()
  await expectAccessible(a)
  await picture(a, 'chat-details')
  await panel.getByRole('button', { name: 'Clear history' }).click()
  await agree(a, 'Clear history')
  await expect(a.getByRole('log').getByText('The first words')).toHaveCount(0)
  await panel.getByRole('button', { name: 'Close' }).focus()
  await a.keyboard.press('Escape')
  await expect(panel).toHaveCount(0)
})

test('the details of a chat fill a phone, with targets for fingers', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const a = await open(ana, { path: `/#/chats/10/${encodeURIComponent(ben.email)}`, viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true })
  await a.getByRole('button', { name: 'Details' }).tap()
  const panel = a.getByRole('region', { name: 'Details' })
  await expect(panel.getByText(ben.email)).toBeVisible()
  const box = await panel.boundingBox()
  expect(box?.width).toBe(360)
  await picture(a, 'chat-details-phone')
  await panel.getByRole('button', { name: 'Close' }).tap()
  await expect(a.getByLabel('Write a message')).toBeVisible()
})

test('a notice stands above the chat until it is put away, and a new one does again', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  const id = await ana.group('Noticed', ben)
  const notice = (content: string) => ana.put('/community/notice', { dstObj: id, content })
  const [a, b] = [await open(ana, { path: `/#/chats/11/${id}` }), await open(ben, { path: `/#/chats/11/${id}` })]
  await expect(b.getByRole('log')).toBeVisible()
  const bar = b.getByRole('region', { name: 'Notice' })
  await notice('The hall is <b>closed</b> on Friday.')
  await expect(bar).toContainText('The hall is <b>closed</b> on Friday.')
  await expectAccessible(b)
  await picture(b, 'chat-notice')
  await bar.getByRole('button', { name: /The hall/ }).click()
  await expect(b.getByRole('region', { name: 'Details' })).toContainText('The hall is <b>closed</b> on Friday.')
  await b.getByRole('region', { name: 'Details' }).getByRole('button', { name: 'Close' }).click()
  await bar.getByRole('button', { name: 'Put the notice away' }).click()
  await expect(bar).toHaveCount(0)
  await b.reload()
  await expect(b.getByRole('log')).toContainText('put up a notice')
  await expect(bar).toHaveCount(0)
  await notice('It is open again.')
  await expect(bar).toContainText('It is open again.')
  // Who wrote it knows it.
  await expect(a.getByRole('log')).toContainText('It is open again.')
  await expect(a.getByRole('region', { name: 'Notice' })).toHaveCount(0)
})
