export default {
  placeholder: 'Write a message',
  send: 'Send',
}
