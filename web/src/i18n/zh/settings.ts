export default {
  title: '设置',
  theme: '主题',
  themes: {
    system: '跟随系统',
    light: '浅色',
    dark: '深色',
  },
  language: '语言',
  logout: '退出登录',
  logoutSure: '退出登录？尚未发出的消息将会丢失。',
  appearance: '外观',
}
