export default {
  login: 'Log in',
  register: 'Create account',
  email: 'Email',
  password: 'Password',
  passwordHint: '6 to 16 letters and digits, both of them',
  name: 'Name',
  invite: 'Invitation code',
  noAccount: 'No account yet?',
  haveAccount: 'Already have an account?',
  welcome: 'Chat on your own server.',
  ended: {
    revoked: 'You were logged out.',
    kicked: 'Another device of yours ended this session.',
    replaced: 'This device connected elsewhere.',
    unauthorized: 'Please log in again.',
  },
}
