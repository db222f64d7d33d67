export const VOICE_MAX_S = 300
export const VIDEO_MAX_S = 120

export type Recorded = 'audio' | 'video'

const TYPES: Record<Recorded, string[]> = {
  audio: ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus'],
  video: ['video/webm;codecs=vp8,opus', 'video/mp4', 'video/webm'],
}
const BITS_PER_S = { audio: 48_000, video: 1_500_000 }

/** Microphones and cameras are there for secure addresses only. */
export function canRecord(): boolean {
  return typeof MediaRecorder !== 'undefined' && navigator.mediaDevices !== undefined
}

/** A recording under way. Whoever begins one ends it, by stop() or cancel(): until then the microphone is on. */
export class Recording {
  private readonly chunks: Blob[] = []
  private readonly begunAt = performance.now()
  private endedAt = 0
  private readonly recorder: MediaRecorder
  private readonly context: AudioContext | undefined
  private readonly analyser: AnalyserNode | undefined

  private constructor(
    readonly stream: MediaStream,
    private readonly kind: Recorded,
  ) {
    const type = TYPES[kind].find((one) => MediaRecorder.isTypeSupported(one))
    this.recorder = new MediaRecorder(stream, { ...(type === undefined ? {} : { mimeType: type }), audioBitsPerSecond: BITS_PER_S.audio, videoBitsPerSecond: BITS_PER_S.video })
    this.recorder.ondataavailable = ({ data }) => data.size > 0 && this.chunks.push(data)
    this.recorder.start(1000)
    if (kind === 'audio') {
      this.context = new AudioContext()
      this.analyser = this.context.createAnalyser()
      this.context.createMediaStreamSource(stream).connect(this.analyser)
    }
  }

  /** Rejects where there is no device, or the user does not want it. */
  static async start(kind: Recorded, stream?: MediaStream): Promise<Recording> {
    return new Recording(stream ?? (await openDevices(kind)), kind)
  }

  get seconds(): number {
    return ((this.endedAt || performance.now()) - this.begunAt) / 1000
  }

  /** How loud it is now, 0 to 1. */
  level(): number {
    if (!this.analyser) return 0
    const samples = new Uint8Array(this.analyser.fftSize)
    this.analyser.getByteTimeDomainData(samples)
    const power = samples.reduce((sum, sample) => sum + ((sample - 128) / 128) ** 2, 0) / samples.length
    return Math.min(1, Math.sqrt(power) * 3)
  }

  stop(): Promise<Blob> {
    this.endedAt ||= performance.now()
    return new Promise((done) => {
      const finish = (): void => {
        this.release()
        const [type = ''] = (this.recorder.mimeType || `${this.kind}/webm`).split(';')
        done(new Blob(this.chunks, { type }))
      }
      if (this.recorder.state === 'inactive') return finish()
      this.recorder.onstop = finish
      this.recorder.stop()
    })
  }

  cancel(): void {
    if (this.recorder.state !== 'inactive') this.recorder.stop()
    this.release()
  }

  private release(): void {
    for (const track of this.stream.getTracks()) track.stop()
    if (this.context?.state !== 'closed') void this.context?.close()
  }
}

export function openDevices(kind: Recorded): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia(kind === 'audio' ? { audio: true } : { audio: true, video: { width: { ideal: 1280 }, height: { ideal: 720 } } })
}

/** `file.webm` for what was recorded. */
export function recordedName(prefix: string, blob: Blob, now = new Date()): string {
  const ending = blob.type.includes('mp4') ? (blob.type.startsWith('audio') ? 'm4a' : 'mp4') : blob.type.includes('ogg') ? 'ogg' : 'webm'
  return `${prefix}-${now.toISOString().slice(0, 19).replace(/[T:]/g, '-')}.${ending}`
}

export function clockOf(seconds: number): string {
  const whole = Math.floor(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
