import type { Locator, Page } from '@playwright/test'
import { expectAccessible } from './axe.js'
import { Account, expect, picture, test } from './fixtures.js'
import { png } from './png.js'
import { buildTown, type Town } from './town.js'
import en from '../src/i18n/en/index'
import zh from '../src/i18n/zh/index'

/** Every screen at every size, in both themes and both languages: nothing sticks out, axe finds nothing, and a picture
 * of it is left under build/screenshots. */
test.describe.configure({ mode: 'parallel', timeout: 600_000 })

const SIZES = [
  { name: 'phone', width: 360, height: 740 },
  { name: 'tablet', width: 768, height: 1024 },
  { name: 'desktop', width: 1280, height: 800 },
]

interface Visit {
  page: Page
  town: Town
  /** What a button, a field or a link with that text in this language is called. */
  t: typeof en
  phone: boolean
}

interface Screen {
  name: string
  path: (town: Town) => string
  /** Brings it into the state that is meant, and waits until it is there. */
  act: (visit: Visit) => Promise<unknown>
}

const groupChat = ({ group }: Town) => `/chats/11/${group}`
const with_ = (who: Account) => `/chats/10/${encodeURIComponent(who.email)}`
const seen = (locator: Locator) => expect(locator.filter({ visible: true }).first()).toBeVisible()
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).filter({ visible: true }).first()
const bubble = (page: Page, seq: number) => page.locator(`[data-seq="${seq}"] .bubble`)
const dialog = (page: Page) => page.getByRole('dialog').filter({ visible: true }).first()

async function talk({ page }: Visit): Promise<void> {
  await expect(page.locator('.vlist.placed [data-seq]').first()).toBeVisible()
}

async function menuItem(visit: Visit, seq: number, item: string): Promise<void> {
  const { page } = visit
  await talk(visit)
  await bubble(page, seq).click({ button: 'right', position: { x: 6, y: 6 } })
  await page.getByRole('menuitem', { name: item, exact: true }).click()
}

const picker = (tab: 'emoji' | 'stickers') => async (visit: Visit) => {
  const { page, t } = visit
  await talk(visit)
  await button(page, t.composer.picker).click()
  await button(page, tab === 'emoji' ? t.composer.emoji : t.stickers.title).click()
  await seen(tab === 'emoji' ? page.getByRole('dialog').locator('.emoji, .grid button') : button(page, 'cup'))
}

const open = (name: (t: typeof en) => string) => async ({ page, t }: Visit) => {
  await button(page, name(t)).click()
  await seen(page.getByRole('dialog'))
}

/** What a group has shared, of one kind, scrolled to. */
const shared = (kind: 'media' | 'file' | 'link', what: (region: Locator) => Locator): Screen => ({
  name: `chat-shared-${kind}`,
  path: (town) => `${groupChat(town)}?panel=details`,
  act: async ({ page, t }) => {
    const region = page.getByRole('region', { name: t.media.shared })
    await region.getByRole('tab', { name: t.media.kinds[kind] }).click()
    await seen(what(region))
    await what(region).last().scrollIntoViewIfNeeded()
  },
})

const SCREENS: Screen[] = [
  { name: 'chats', path: () => '/chats', act: ({ page }) => seen(page.locator('[data-chat]')) },
  {
    name: 'chats-menu', path: () => '/chats', act: async ({ page }) => {
      await page.locator('[data-chat]').nth(2).click({ button: 'right' })
      await seen(page.getByRole('menu'))
    },
  },
  { name: 'chat-group', path: groupChat, act: async (visit) => {
    await talk(visit)
    await expect(visit.page.locator('[data-seq="6"] img.loaded')).toBeAttached()
  } },
  { name: 'chat-two', path: ({ li }) => with_(li), act: talk },
  { name: 'chat-emoji', path: groupChat, act: picker('emoji') },
  { name: 'chat-stickers', path: groupChat, act: picker('stickers') },
  {
    name: 'stickers-manage', path: groupChat, act: async (visit) => {
      await picker('stickers')(visit)
      await button(visit.page, visit.t.stickers.manage).click()
      await seen(visit.page.locator('.el-dialog'))
    },
  },
  {
    name: 'stickers-edit', path: groupChat, act: async (visit) => {
      const { page, t } = visit
      await picker('stickers')(visit)
      await button(page, t.stickers.manage).click()
      await button(page, t.stickers.create).click()
      await seen(page.getByLabel(t.stickers.name))
    },
  },
  {
    name: 'chat-attach', path: groupChat, act: async (visit) => {
      await talk(visit)
      await button(visit.page, visit.t.composer.attach).click()
      await seen(visit.page.getByRole('menu'))
    },
  },
  {
    name: 'chat-files', path: groupChat, act: async (visit) => {
      await talk(visit)
      await visit.page.locator('input[data-pick="media"]').setInputFiles([
        { name: 'wide.png', mimeType: 'image/png', buffer: png(640, 320, [30, 90, 160], [200, 220, 240]) },
        { name: 'notes for the way.txt', mimeType: 'text/plain', buffer: Buffer.from('Two bags a cup.') },
      ])
      await expect(dialog(visit.page).getByRole('listitem')).toHaveCount(2)
    },
  },
  {
    name: 'chat-mention', path: groupChat, act: async (visit) => {
      await talk(visit)
      await visit.page.getByLabel(visit.t.composer.placeholder).fill('')
      await visit.page.getByLabel(visit.t.composer.placeholder).pressSequentially('@')
      await seen(visit.page.getByRole('listbox'))
    },
  },
  {
    name: 'chat-reply', path: groupChat, act: async (visit) => {
      await visit.page.getByLabel(visit.t.composer.placeholder).fill('')
      await menuItem(visit, 10, visit.t.message.do.reply)
      await expect(visit.page.getByLabel(visit.t.composer.placeholder)).toBeFocused()
    },
  },
  {
    name: 'message-menu', path: groupChat, act: async (visit) => {
      await talk(visit)
      await bubble(visit.page, 7).click({ button: 'right', position: { x: 6, y: 6 } })
      await seen(visit.page.getByRole('menu'))
    },
  },
  { name: 'message-forward', path: groupChat, act: async (visit) => {
    await menuItem(visit, 5, visit.t.message.do.forward)
    await seen(dialog(visit.page).getByRole('checkbox'))
  } },
  { name: 'message-readers', path: groupChat, act: async (visit) => {
    await menuItem(visit, 7, visit.t.message.do.readers)
    await seen(dialog(visit.page).getByText('Sofia Rossi'))
  } },
  {
    name: 'message-select', path: groupChat, act: async (visit) => {
      await menuItem(visit, 10, visit.t.message.do.select)
      await seen(visit.page.getByRole('toolbar', { name: visit.t.message.selection }))
      await bubble(visit.page, 8).click({ position: { x: 6, y: 6 } })
    },
  },
  {
    name: 'viewer', path: groupChat, act: async (visit) => {
      await talk(visit)
      await visit.page.locator('[data-seq="6"] button.picture').click()
      await expect(visit.page.locator('.pswp__item[aria-hidden="false"] img').last()).toBeVisible()
    },
  },
  {
    name: 'chat-date', path: groupChat, act: async (visit) => {
      await talk(visit)
      await button(visit.page, visit.t.chat.gotoDate).click()
      await seen(visit.page.getByRole('dialog'))
    },
  },
  {
    name: 'chat-search', path: (town) => `${groupChat(town)}?panel=search`, act: async ({ page, t }) => {
      await page.getByRole('searchbox', { name: t.chat.searchHere }).fill('tea')
      await seen(page.getByRole('region', { name: t.chat.searchHere }).getByRole('link'))
    },
  },
  { name: 'chat-details-group', path: (town) => `${groupChat(town)}?panel=details`, act: ({ page }) => seen(page.getByText('Sofia Rossi').last()) },
  { name: 'chat-details-two', path: ({ li }) => `${with_(li)}?panel=details`, act: ({ page, town }) => seen(page.getByText(town.li.email).last()) },
  shared('media', (region) => region.getByRole('group').getByRole('button')),
  shared('file', (region) => region.getByRole('listitem')),
  shared('link', (region) => region.getByRole('link')),
  { name: 'chat-left', path: ({ left }) => `/chats/11/${left}`, act: ({ page, t }) => seen(page.getByText(t.chat.goneGroup)) },
  { name: 'chat-notice', path: ({ noticed }) => `/chats/11/${noticed}`, act: ({ page, t }) => seen(page.getByRole('region', { name: t.groups.notice })) },
  { name: 'chat-stranger', path: ({ stranger }) => with_(stranger), act: ({ page, t }) => seen(page.getByText(t.composer.hindrance.stranger)) },
  { name: 'search-empty', path: () => '/search', act: ({ page }) => seen(page.getByRole('searchbox')) },
  { name: 'search', path: () => '/search?q=tea', act: ({ page }) => seen(page.locator('mark')) },
  { name: 'search-nothing', path: () => '/search?q=qwertz', act: ({ page, t }) => seen(page.getByText(t.search.nothing)) },
  { name: 'contacts', path: () => '/contacts', act: ({ page }) => seen(page.getByText('Sofia Rossi')) },
  { name: 'contacts-find', path: () => '/contacts/find', act: async ({ page }) => {
    await page.getByRole('main').getByRole('textbox').or(page.getByRole('main').getByRole('searchbox')).filter({ visible: true }).last().fill('Oskar')
    await page.keyboard.press('Enter')
    await seen(page.getByText('Oskar Lind'))
  } },
  { name: 'contacts-requests', path: () => '/contacts/requests', act: ({ page }) => seen(page.getByText('We met at the tea house last week.')) },
  { name: 'contacts-blocked', path: () => '/contacts/blocked', act: ({ page, t }) => seen(page.getByText(t.contacts.noBlocked)) },
  { name: 'person', path: ({ li }) => `/contacts/user/${encodeURIComponent(li.email)}`, act: ({ page, town }) => seen(page.getByText(town.li.email)) },
  {
    name: 'person-remark', path: ({ li }) => `/contacts/user/${encodeURIComponent(li.email)}`, act: open((t) => t.contacts.editRemark),
  },
  { name: 'group', path: ({ group }) => `/contacts/group/${group}`, act: ({ page }) => seen(page.getByText('Sofia Rossi').last()) },
  { name: 'group-edit', path: ({ group }) => `/contacts/group/${group}`, act: open((t) => t.groups.edit) },
  { name: 'group-invite', path: ({ group }) => `/contacts/group/${group}`, act: open((t) => t.groups.invite) },
  { name: 'group-leave', path: ({ group }) => `/contacts/group/${group}`, act: open((t) => t.groups.dismiss) },
  { name: 'group-create', path: () => '/contacts', act: open((t) => t.groups.create) },
  { name: 'group-gone', path: () => '/contacts/group/999999', act: ({ page }) => seen(page.getByRole('alert')) },
  { name: 'settings', path: () => '/settings', act: ({ page, t }) => seen(page.getByText(t.settings.sections.devices)) },
  { name: 'settings-profile', path: () => '/settings/profile', act: ({ page, t }) => seen(page.getByLabel(t.settings.name)) },
  { name: 'settings-appearance', path: () => '/settings/appearance', act: ({ page, t }) => seen(page.getByText(t.settings.themes.dark)) },
  { name: 'settings-notify', path: () => '/settings/notify', act: ({ page, t }) => seen(page.getByText(t.settings.sound)) },
  { name: 'settings-devices', path: () => '/settings/devices', act: ({ page, t }) => seen(page.getByText(t.settings.thisDevice)) },
  { name: 'settings-account', path: () => '/settings/account', act: ({ page, t }) => seen(page.getByLabel(t.settings.newPassword, { exact: true })) },
  { name: 'settings-logout', path: () => '/settings/account', act: open((t) => t.settings.logout) },
]

/** What is on the screen is within it, and what lies in rows is not pushed out of them. */
async function expectWithin(page: Page): Promise<void> {
  const wide = await page.evaluate(() => {
    const found = [...document.querySelectorAll<HTMLElement>('button, input, h1, h2, [role=dialog], [role=menu], .bubble')]
      .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest('.visually-hidden, .pswp, [role=tablist], .el-switch, .el-checkbox, .el-radio'))
      .map((element) => ({ what: `${element.tagName} ${element.className} ${element.getAttribute('aria-label') ?? element.textContent?.slice(0, 30) ?? ''}`, box: element.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && (box.right > innerWidth + 1 || box.left < -1))
    const sideways = [...document.querySelectorAll<HTMLElement>('main, aside, section, [role=dialog], [role=log]')].filter(
      (element) => element.scrollWidth > element.clientWidth + 1 && ['auto', 'scroll'].includes(getComputedStyle(element).overflowX),
    )
    return [...found.map(({ what, box }) => `${what}: ${Math.round(box.left)} to ${Math.round(box.right)}`), ...sideways.map((element) => `${element.tagName} ${element.className} scrolls sideways`)]
  })
  expect(wide).toEqual([])
}

let built: Town | undefined
test.beforeAll(async () => {
  built = await buildTown()
})
test.afterAll(() => built?.remove())

for (const theme of ['light', 'dark'] as const)
  for (const language of ['zh-CN', 'en'] as const)
    for (const { name: size, width, height } of SIZES) {
      const which = `${size}-${theme}-${language === 'en' ? 'en' : 'zh'}`
      const phone = size === 'phone'
      const t = (language === 'en' ? en : zh) as typeof en
      const options = { viewport: { width, height }, locale: language, colorScheme: theme, ...(phone ? { hasTouch: true, isMobile: true } : {}) }

      test(`every screen: ${which}`, async ({ open }) => {
        const town = built!
        const page = await open(town.me, { ...options, server: town.server, complaints: /Failed to load resource/ })
        await expect(page.locator('[data-chat]').first()).toBeVisible()
        page.setDefaultTimeout(20_000)
        const problems: string[] = []
        const tried = (name: string, work: () => Promise<unknown>) => work().catch((error: Error) => problems.push(`${name}: ${error.message}`))
        for (const screen of SCREENS)
          await test.step(screen.name, async () => {
            await page.keyboard.press('Escape')
            await page.evaluate((path) => {
              if (location.hash.startsWith('#/settings/appearance')) location.hash = '#/contacts/blocked'
              else location.hash = '#/settings/appearance'
              return new Promise((later) => requestAnimationFrame(() => requestAnimationFrame(() => ((location.hash = `#${path}`), later(undefined)))))
            }, screen.path(town))
            await tried(screen.name, () => screen.act({ page, town, t, phone }))
            // What comes in has come; what turns for ever is not waited for.
            await page.evaluate(() => Promise.race([Promise.allSettled(document.getAnimations().map(({ finished }) => finished)), new Promise((later) => setTimeout(later, 500))]))
            await tried(screen.name, () => expectWithin(page))
            await picture(page, `${screen.name}-${which}`)
            await tried(screen.name, () => expectAccessible(page))
          })
        expect(problems).toEqual([])
      })

      test(`who is not logged in, or new: ${which}`, async ({ open }) => {
        const town = built!
        const page = await open(undefined, { ...options, server: town.server, complaints: /Failed to load resource/ })
        await seen(page.getByRole('heading', { name: t.auth.register }))
        await picture(page, `register-${which}`)
        await expectAccessible(page)
        await page.goto(`${town.server.url}/#/login`)
        await seen(page.getByRole('heading', { name: t.auth.login }))
        await page.getByLabel(t.auth.email).fill(town.me.email)
        await page.getByLabel(t.auth.password).first().fill('wrong123')
        await page.keyboard.press('Enter')
        await seen(page.getByRole('alert'))
        await expectWithin(page)
        await picture(page, `login-${which}`)
        await expectAccessible(page)
        const fresh = await open(await Account.register(town.server, 'New here'), { ...options, server: town.server })
        for (const [name, path, text] of [
          ['chats-empty', '/chats', t.conversations.empty],
          ['contacts-empty', '/contacts', t.contacts.none],
        ] as const) {
          await fresh.goto(`${town.server.url}/#${path}`)
          await seen(fresh.getByText(text))
          await picture(fresh, `${name}-${which}`)
          await expectAccessible(fresh)
        }
      })
    }
