export default {
  update: 'A new version is here.',
  reload: 'Load it',
}
