import { Account } from './fixtures.js'
import { hills, png } from './png.js'
import { Server } from './server.js'

/** People, groups and chats as they are after some weeks: what screens look like with everything in them. */
export interface Town {
  server: Server
  me: Account
  li: Account
  /** Is no friend, and has asked to be one. */
  stranger: Account
  group: string
  /** Of another's, with a notice that `me` has not put away. */
  noticed: string
  /** Of which `me` is a member no more. */
  left: string
  remove(): Promise<void>
}

async function friends(one: Account, other: Account): Promise<void> {
  const { id } = await one.post<{ id: number }>('/contact/request', { dstObj: other.email, content: '' })
  await other.post('/contact/respond', { id, agree: true })
}

export async function buildTown(): Promise<Town> {
  const server = await Server.start('--contact.policy=request')
  const [me, li, chen, sofia, noah, emma] = (await Promise.all(['Ana Lin', '李明', '陈静', 'Sofia Rossi', 'Noah', 'Emma Brandt'].map((name) => Account.register(server, name)))) as [
    Account, Account, Account, Account, Account, Account,
  ]
  const stranger = await Account.register(server, 'Oskar Lind')
  for (const friend of [li, chen, sofia, noah, emma]) await friends(me, friend)
  const avatar = async (who: Account, from: [number, number, number], to: [number, number, number]) => {
    await who.put('/user/edit_user', { uname: who.name, avatar: await who.upload('me.png', png(160, 160, from, to)) })
  }
  await avatar(li, [40, 120, 190], [120, 210, 220])
  await avatar(sofia, [230, 120, 80], [250, 210, 130])
  await me.put('/contact/remark', { dstObj: chen.email, remark: '', tags: ['徒步', 'work'] })
  await stranger.post('/contact/request', { dstObj: me.email, content: 'We met at the tea house last week.' })

  const book = await me.group('Book club · 读书会', sofia, emma)
  await sofia.say(book, 'Next is “To the Lighthouse”. Who has a copy?')
  await me.put('/conv/set', { chat: 11, dstObj: book, mute: true })
  await emma.say(me, 'The photographs are in the post.')
  await me.say(emma, 'Thank you so much!')
  await emma.post('/conv/read', { chat: 10, dstObj: me.email, seq: 2 })
  await noah.say(me, 'Did you get the tickets?')
  await me.put('/conv/set', { chat: 10, dstObj: noah.email, draft: 'Two for Friday, row' })
  await chen.say(me, '周末的徒步路线我发你了')
  await chen.say(me, '记得带雨衣')
  const noticed = await sofia.group('Choir · 合唱团', me)
  await sofia.put('/community/notice', { dstObj: noticed, content: 'Rehearsal moves to Tuesday at seven, in the small hall. 排练改到周二晚上七点，在小礼堂。' })
  await me.post('/conv/read', { chat: 11, dstObj: noticed, seq: 2 })
  const left = await li.group('Moving out', me)
  await li.say(left, 'Thanks for carrying!')
  await li.post('/community/kick', { dstObj: left, user: me.email })

  const group = await me.group('周末徒步 · Weekend hikes', li, sofia, chen)
  await me.put('/community/notice', { dstObj: group, content: '周六早上八点，老地方集合。 Saturday at eight, the usual place.' })
  await li.say(group, '这周六去凤凰岭怎么样？天气预报说是晴天。')
  await sofia.say(group, 'Sounds lovely! How long is the climb?')
  await li.say(group, 'About four hours up and down, with a tea break on the top 🍵', { reply: 4 })
  await me.say(group, await me.upload('ridge.png', hills(960, 600)), { msgType: 2, ext: { name: 'ridge.png', width: 960, height: 600 } })
  await me.say(group, 'The view from last year. I can bring the stove.')
  await chen.say(group, `@Ana Lin 太好了，我带茶叶和点心。路线见 https://example.com/routes/phoenix-ridge`, { at: [me.email] })
  await li.say(group, await li.upload('route.pdf', Buffer.from('%PDF-1.4 route')), { msgType: 8, ext: { name: '凤凰岭路线图 route.pdf', size: 482_133 } })
  await sofia.say(group, 'Perfect. See you all on Saturday!')
  await me.say(group, 'See you!')
  for (const [who, seq, content] of [[li, 6, '😍'], [sofia, 6, '😍'], [chen, 6, '👍'], [me, 8, '🍵'], [li, 10, '🎉'], [me, 10, '🎉']] as const)
    await who.post('/msg/react', { chat: 11, dstObj: group, seq, content, on: true })
  await me.post('/msg/pin', { chat: 11, dstObj: group, seq: 5, on: true })
  for (const who of [li, sofia]) await who.post('/conv/read', { chat: 11, dstObj: group, seq: 11 })
  await me.put('/conv/set', { chat: 11, dstObj: group, top: true })
  const stickers = []
  for (const [name, from, to] of [['cup', [200, 120, 80], [250, 220, 160]], ['pot', [80, 150, 120], [200, 240, 210]], ['leaf', [60, 140, 60], [190, 230, 120]]] as const)
    stickers.push({ name, file: await me.upload(`${name}.png`, png(120, 120, [...from], [...to])) })
  await me.post('/sticker/create', { name: '茶 Tea', stickers, shared: true })
  await li.say(me, '到家了吗？')
  await me.say(li, '到了，谢谢你送我！')
  await li.say(me, await li.upload('notes.txt', Buffer.from('notes')), { msgType: 8, ext: { name: 'notes.txt', size: 5 } })
  return { server, me, li, stranger, group, noticed, left, remove: () => server.remove() }
}
