import { ElMessage } from 'element-plus/es/components/message/index.mjs'
import { ElMessageBox } from 'element-plus/es/components/message-box/index.mjs'
import 'element-plus/theme-chalk/el-message.css'
import 'element-plus/theme-chalk/el-message-box.css'
import 'element-plus/theme-chalk/el-overlay.css'
import 'element-plus/theme-chalk/el-input.css'
import { ref } from 'vue'
import { showError } from '@/core/errors'
import { i18n } from '@/i18n'

const { t } = i18n.global

/** Asks before what is not easily undone. `button` says what would be done. */
export async function sure(question: string, button: string, title = button): Promise<boolean> {
  return ElMessageBox.confirm(question, title, { confirmButtonText: button, cancelButtonText: t('common.cancel'), confirmButtonClass: 'el-button--danger' }).then(
    () => true,
    () => false,
  )
}

/** Asks for a few words; undefined: rather not. */
export async function words(title: string, question: string, button: string, max: number): Promise<string | undefined> {
  return ElMessageBox.prompt(question, title, {
    confirmButtonText: button,
    cancelButtonText: t('common.cancel'),
    inputValidator: (text) => (text ?? '').length <= max || t('common.tooLong', { max }),
  }).then(
    ({ value }) => (value ?? '').trim(),
    () => undefined,
  )
}

export function tell(message: string): void {
  ElMessage({ type: 'success', message, grouping: true })
}

/** Something that a button does: one at a time, and a refusal is shown. */
export function useAction() {
  const busy = ref(false)

  /** True: it was done. */
  async function run(action: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    try {
      await action()
      return true
    } catch (error) {
      showError(error)
      return false
    } finally {
      busy.value = false
    }
  }

  return { busy, run }
}
