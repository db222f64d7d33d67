/** Two soft tones, made by the browser: there is no file to load. */
let context: AudioContext | undefined

export function chime(): void {
  if (context?.state !== 'running') return // Browsers wait for the user's first touch of the page.
  const now = context.currentTime
  for (const [at, frequency] of [
    [0, 660],
    [0.12, 880],
  ] as const) {
    const tone = context.createOscillator()
    const volume = context.createGain()
    tone.frequency.value = frequency
    volume.gain.setValueAtTime(0, now + at)
    volume.gain.linearRampToValueAtTime(0.12, now + at + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.001, now + at + 0.35)
    tone.connect(volume).connect(context.destination)
    tone.start(now + at)
    tone.stop(now + at + 0.4)
  }
}

/** Called on a touch: a page that was never touched may not make a sound. */
export async function allowSound(): Promise<void> {
  try {
    context ??= new AudioContext()
    await context.resume()
  } catch {
    // No sound device.
  }
}
