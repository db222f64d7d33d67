export default {
  placeholder: '输入消息',
  send: '发送',
}
