export default {
  friends: 'Friends',
  groups: 'Groups',
  none: 'Nobody here yet.',
  pick: 'Choose somebody.',
  add: 'Add',
  find: 'Find people and groups',
  message: 'Send a message',
  requests: 'Requests',
}
