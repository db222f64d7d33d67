import { expect, test } from 'vitest'
import { clockOf, recordedName } from './recorder'

test('a recording is named by what it is and when it was', () => {
  const when = new Date('2026-11-25T16:05:09Z')
  expect(recordedName('voice', new Blob([], { type: 'audio/webm' }), when)).toBe('voice-2026-11-25-16-05-09.webm')
  expect(recordedName('voice', new Blob([], { type: 'audio/mp4' }), when)).toBe('voice-2026-11-25-16-05-09.m4a')
  expect(recordedName('video', new Blob([], { type: 'video/mp4' }), when)).toBe('video-2026-11-25-16-05-09.mp4')
})

test('seconds are told as minutes', () => {
  expect([0, 9.9, 61, 300].map(clockOf)).toEqual(['0:00', '0:09', '1:01', '5:00'])
})
