export default {
  update: '有新版本。',
  reload: '立即更新',
}
