import { expect, test } from 'vitest'
import { kindOf, msgTypeOf } from './attach'

test('only what browsers show is a picture or a video', () => {
  expect(['image/png', 'IMAGE/JPEG', 'image/svg+xml', 'image/heic', 'video/webm;codecs=vp8', 'video/quicktime', 'audio/ogg', 'text/html', ''].map(kindOf)).toEqual(
    ['image', 'image', 'file', 'file', 'video', 'file', 'audio', 'file', 'file'])
})

test('a sound that was not recorded here is a file', () => {
  expect([msgTypeOf('image'), msgTypeOf('video'), msgTypeOf('audio'), msgTypeOf('file')]).toEqual([2, 3, 8, 8])
})
