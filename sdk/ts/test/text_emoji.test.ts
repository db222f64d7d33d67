import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TEXT_EMOJI, textEmoji, textSegments, type TextSegment } from '../src/index.js'

function written(segments: TextSegment[]): string {
  return segments.map((segment) => ('text' in segment ? segment.text : `@(${segment.name})`)).join('')
}

test('a name in its brackets becomes the emoji', () => {
  assert.equal(textEmoji('早@(呵呵)！@(茶杯)@(OK)'), '早🙂！🍵👌')
  assert.deepEqual(textSegments('早@(呵呵)！'), [{ text: '早' }, { emoji: '🙂', name: '呵呵' }, { text: '！' }])
})

test('every name has an emoji of its own script, and is found in a text', () => {
  const names = Object.keys(TEXT_EMOJI)
  assert.ok(names.length >= 50)
  for (const name of names) {
    assert.match(TEXT_EMOJI[name]!, /^\p{Extended_Pictographic}/u, name)
    assert.equal(textEmoji(`a@(${name})b`), `a${TEXT_EMOJI[name]}b`)
  }
})

test('what is no emoji stays as it is', () => {
  for (const text of [
    '',
    'hello',
    '@',
    '@(',
    '@()',
    '@(呵呵',
    '@呵呵)',
    '@（呵呵）',
    '@( 呵呵)',
    '@(没有这个)',
    '@(constructor)',
    '@(toString)',
    '@(__proto__)',
    '(呵呵)',
    'mail@(example)',
  ]) {
    assert.equal(textEmoji(text), text)
    assert.equal(written(textSegments(text)), text)
  }
  assert.equal(textEmoji('@(@(呵呵))'), '@(🙂)')
  assert.equal(textEmoji('@(x)@(呵呵)'), '@(x)🙂')
})

test('no text loses anything, and a long one takes no time', () => {
  const pieces = ['@(呵呵)', '@(', ')', '@', '(', '呵', 'x', '😀', '@(OK)', '\n', '@(x)']
  let state = Number(process.env['IM_SEED'] ?? Date.now() % 2 ** 31)
  console.log(`seed ${state}`)
  for (let round = 0; round < 500; round++) {
    let text = ''
    for (let i = 0; i < 30; i++) {
      state = (state * 1103515245 + 12345) % 2 ** 31
      text += pieces[state % pieces.length]
    }
    assert.equal(written(textSegments(text)), text)
  }
  const long = '@('.repeat(32_768) + '@(呵呵)'.repeat(10_000)
  const before = performance.now()
  assert.equal(textSegments(long).length, 10_001)
  assert.ok(performance.now() - before < 2000)
})
