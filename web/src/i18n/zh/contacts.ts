export default {
  friends: '好友',
  groups: '群聊',
  none: '这里还没有人。',
  pick: '选择一位联系人。',
  add: '添加',
  find: '查找用户和群',
  message: '发消息',
  requests: '好友申请',
}
