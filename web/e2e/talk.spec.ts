import { expect, picture, PASSWORD, test } from './fixtures.js'

test('a new person is greeted with registration, and is in', async ({ open }) => {
  const page = await open()
  await expect(page.getByRole('heading', { name: 'Create account' })).toBeVisible()
  await picture(page, 'register')
  await page.getByLabel('Email').fill(`new.${Date.now()}@example.com`)
  await page.getByLabel('Name').fill('New Person')
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.keyboard.press('Enter')
  await expect(page.getByText('No chats yet')).toBeVisible()
})

test('two people talk', async ({ open, person }) => {
  const [ana, ben] = [await person('Ana'), await person('Ben')]
  await ana.befriend(ben)
  await ana.say(ben, 'Tea at four?')
  const [a, b] = [await open(ana), await open(ben)]
  await b.getByRole('link', { name: /Ana/ }).click()
  await expect(b.getByRole('log').getByText('Tea at four?')).toBeVisible()
  await b.getByLabel('Write a message').fill('Gladly.')
  await b.keyboard.press('Enter')
  await a.getByRole('link', { name: /Ben/ }).click()
  await expect(a.getByRole('log').getByText('Gladly.')).toBeVisible()
  await expect(b.getByRole('log').getByText('Read')).toBeVisible()
  await picture(b, 'chat')
})
