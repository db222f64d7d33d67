import { expect, test, type Account } from './fixtures.js'

const NAMED_MAX = 100

test('a reaction of more people than are named is counted once, whatever was shown before the sync', async ({ open, person }) => {
  const ana = await person('Ana')
  const others: Account[] = []
  for (let n = 0; n < NAMED_MAX + 5; n++) others.push(await person(`Crowd ${n}`))
  const id = await ana.group('Crowd')
  for (const who of others) await who.post('/community/join', { dstObj: id })
  const { seq } = await ana.say(id, 'Who comes?')
  const react = (who: Account, on = true) => who.post('/msg/react', { chat: 11, dstObj: id, seq, content: '👍', on })
  for (const who of others.slice(0, NAMED_MAX + 1)) await react(who)

  const page = await open(ana, { path: `/#/chats/11/${id}`, complaints: /localStorage|Failed to load resource|WebSocket/ })
  const count = page.locator(`[data-seq="${seq}"]`).locator('.chip .count')
  await expect(count).toHaveText('101')
  await react(others[NAMED_MAX + 1]!)
  await expect(count).toHaveText('102')

  // Away meanwhile: the page has it already, and the sync tells of it again.
  const address = page.url()
  await page.goto('about:blank')
  await react(others[NAMED_MAX + 2]!)
  await react(others[NAMED_MAX + 3]!)
  await react(others[NAMED_MAX + 1]!, false)
  await page.goto(address)
  await expect(count).toHaveText('103')
  await react(others[NAMED_MAX + 4]!)
  await expect(count).toHaveText('104')
  await ana.say(id, 'All is told')
  await expect(page.getByText('All is told').last()).toBeVisible()
  await expect(count).toHaveText('104')
  await react(others[NAMED_MAX + 4]!, false)
  await expect(count).toHaveText('103')
})
