import { i18n } from '@/i18n'

/** Asks before something that can't be taken back; the dialog's code comes when it is needed.
 * `button` says what would be done. */
export async function confirmed(question: string, button: string): Promise<boolean> {
  const [{ ElMessageBox }] = await Promise.all([
    import('element-plus/es/components/message-box/index.mjs'),
    import('element-plus/theme-chalk/el-message-box.css'),
    import('element-plus/theme-chalk/el-overlay.css'),
    import('element-plus/theme-chalk/el-button.css'),
    import('element-plus/theme-chalk/el-input.css'),
  ])
  const { t } = i18n.global
  return ElMessageBox.confirm(question, button, { confirmButtonText: button, cancelButtonText: t('common.cancel'), type: 'warning' }).then(
    () => true,
    () => false,
  )
}
