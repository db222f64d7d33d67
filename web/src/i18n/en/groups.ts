export default {
  title: 'Group',
  leave: 'Leave',
}
