export default {
  login: '登录',
  register: '注册',
  email: '邮箱',
  password: '密码',
  passwordHint: '6 到 16 位，须同时包含字母和数字',
  name: '昵称',
  invite: '邀请码',
  noAccount: '还没有账号？',
  haveAccount: '已有账号？',
  welcome: '在自己的服务器上聊天。',
  ended: {
    revoked: '你已退出登录。',
    kicked: '你在另一台设备上结束了此会话。',
    replaced: '此设备已在别处连接。',
    unauthorized: '请重新登录。',
  },
}
