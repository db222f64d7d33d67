export default {
  title: '搜索',
  placeholder: '搜索消息、联系人、群',
  nothing: '没有找到。',
}
