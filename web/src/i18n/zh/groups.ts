export default {
  title: '群',
  leave: '退出群聊',
}
