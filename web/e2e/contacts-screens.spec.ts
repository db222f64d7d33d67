import { expectAccessible } from './axe.js'
import { expect, picture, test } from './fixtures.js'

/** Contacts, a person, a group and the details of a chat as they look at each size, theme and language. */
test.setTimeout(180_000)

const SIZES = [
  { name: 'phone', width: 360, height: 740 },
  { name: 'tablet', width: 768, height: 1024 },
  { name: 'desktop', width: 1280, height: 800 },
]
const LONG = 'A'.repeat(60)

for (const { theme, language } of [
  { theme: 'light', language: 'zh-CN' },
  { theme: 'dark', language: 'en' },
])
  test(`contacts and groups keep their shape in ${theme}, ${language}`, async ({ open, person }) => {
    const [ana, ben, cleo] = [await person('Ana'), await person('李明'), await person(LONG)]
    await ana.befriend(ben)
    await ana.befriend(cleo)
    await ana.put('/contact/remark', { dstObj: ben.email, remark: '', tags: ['茶', 'work'] })
    const id = await ana.group(`周末徒步 ${LONG.slice(0, 40)}`, ben, cleo)
    await ana.put('/community/notice', { dstObj: id, content: `周六早上八点集合。\n${'w'.repeat(300)}` })
    await ana.post('/community/mute', { dstObj: id, user: cleo.email, until: Date.now() + 3_600_000 })
    const page = await open(ana, { colorScheme: theme as 'light' | 'dark', locale: language })
    const screens = [
      { name: 'contacts', path: '/#/contacts' },
      { name: 'person', path: `/#/contacts/user/${encodeURIComponent(ben.email)}` },
      { name: 'group', path: `/#/contacts/group/${id}` },
    ]
    for (const size of SIZES) {
      await page.setViewportSize(size)
      for (const screen of screens) {
        await page.goto(ana.server.url + screen.path)
        await expect(page.getByText('李明').filter({ visible: true }).first()).toBeVisible()
        await picture(page, `${screen.name}-${size.name}-${theme}-${language}`)
        const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
        expect(wide).toBe(false)
        if (size.name === 'phone') await expectAccessible(page)
      }
    }
  })
