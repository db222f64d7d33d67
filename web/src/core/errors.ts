import { ImError } from '@im-service/client'
import { ElMessage } from 'element-plus/es/components/message/index.mjs'
import 'element-plus/theme-chalk/el-message.css'
import { i18n } from '@/i18n'

const { t, te } = i18n.global

/** What an error says to a person, in the person's language. */
export function errorText(error: unknown): string {
  if (!(error instanceof ImError)) return t('errors.other', { msg: error instanceof Error ? error.message : String(error) })
  if (error.code === 0 || error.code < 0) return t('errors.unreachable')
  const key = `errors.${error.code}`
  return te(key) ? t(key) : t('errors.other', { msg: error.message })
}

export function showError(error: unknown): void {
  ElMessage({ type: 'error', message: errorText(error), grouping: true })
}
