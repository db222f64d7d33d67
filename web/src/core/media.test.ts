import { expect, test } from 'vitest'
import { fileInfo, fitted, isExpired, mediaUrl } from './media'

const FID = '0123456789abcdef0123456789abcdef'

test('a signature is over when its time is', () => {
  const at = (seconds: number) => `/file/${FID}?s=${seconds.toString(16)}.abc`
  expect(isExpired(at(1000), 999_999)).toBe(false)
  expect(isExpired(at(1000), 1_000_000)).toBe(true)
  expect(isExpired(`/file/${FID}`, 1e15)).toBe(false)
  expect(isExpired('https://example.com/x?s=1.a', 1e15)).toBe(false)
})

test('only files of the server and http are addresses', () => {
  expect(mediaUrl(`/file/${FID}`)).toBe(`/file/${FID}`)
  expect(mediaUrl('https://example.com/a.png')).toBe('https://example.com/a.png')
  for (const bad of ['javascript:alert(1)', 'data:text/html,x', '//example.com/x', '/user/logout', 'https://a b', '']) expect(mediaUrl(bad), bad).toBeUndefined()
})

test('what ext says is believed as far as it makes sense', () => {
  expect(fileInfo({ name: 'a.png', size: 3, width: 10, height: 20, duration: 1.5 })).toMatchObject({ name: 'a.png', size: 3, width: 10, height: 20, duration: 1.5 })
  for (const garbage of [null, undefined, 7, 'x', [], { name: {}, size: 'big', width: -1, height: Number.NaN, duration: 1e99, blur: 'javascript:1', mime: 4 }])
    expect(fileInfo(garbage)).toEqual({ name: '', size: undefined, mime: '', width: undefined, height: undefined, duration: undefined, blur: undefined })
})

test('a file name turns no direction around and holds no control characters', () => {
  expect(fileInfo({ name: 'a\u202egpj.exe' }).name).toBe('agpj.exe')
  expect(fileInfo({ name: 'a\nb' }).name).toBe('a b')
  expect(fileInfo({ name: 'x'.repeat(5000) }).name).toHaveLength(255)
})

test('a picture has its place before it is there', () => {
  const of = (width?: number, height?: number) => fitted({ ...fileInfo({}), width, height }, 320, 320)
  expect(of(640, 480)).toEqual({ width: 320, height: 240 })
  expect(of(480, 960)).toEqual({ width: 160, height: 320 })
  expect(of(1, 100_000)).toEqual({ width: 80, height: 240 })
  expect(of(100_000, 1)).toEqual({ width: 320, height: 80 })
  expect(of()).toEqual({ width: 320, height: 240 })
})
