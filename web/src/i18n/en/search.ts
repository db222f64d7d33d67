export default {
  title: 'Search',
  placeholder: 'Search messages, people, groups',
  nothing: 'Nothing found.',
}
