import { expect, test } from 'vitest'
import { cardInfo, placeInfo } from './place'

test('a place is read from the content or ext', () => {
  expect(placeInfo('{"name":"Tea house","lat":31.2,"lng":121.5}', undefined)).toEqual({ name: 'Tea house', latitude: 31.2, longitude: 121.5 })
  expect(placeInfo('At the corner', { latitude: 1, longitude: 2 })).toEqual({ name: 'At the corner', latitude: 1, longitude: 2 })
})

test('a card names a person or a group', () => {
  expect(cardInfo('ana@example.com', { uname: 'Ana' })).toEqual({ email: 'ana@example.com', group: undefined, name: 'Ana' })
  expect(cardInfo('{"group":"12","name":"Tea"}', undefined)).toEqual({ email: undefined, group: '12', name: 'Tea' })
})

test('garbage is a place and a card without anything', () => {
  for (const garbage of [undefined, '', '{', '[]', '{"lat":"x","email":{},"group":[]}']) {
    expect(placeInfo(garbage, 7)).toEqual({ name: '', latitude: undefined, longitude: undefined })
    expect(cardInfo(garbage, [])).toMatchObject({ email: undefined, group: undefined })
  }
  expect(placeInfo('{"lat":91,"lng":181}', null)).toMatchObject({ latitude: undefined, longitude: undefined })
})
