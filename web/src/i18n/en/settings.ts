export default {
  title: 'Settings',
  theme: 'Theme',
  themes: {
    system: 'Like the system',
    light: 'Light',
    dark: 'Dark',
  },
  language: 'Language',
  logout: 'Log out',
  logoutSure: 'Log out of this browser? Messages that are not sent yet are lost.',
  appearance: 'Appearance',
}
