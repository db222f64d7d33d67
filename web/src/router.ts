import { createRouter, createWebHashHistory } from 'vue-router'
import { useSession } from '@/core/session'
import ChatsView from '@/features/conversations/ChatsView.vue'
import AppShell from '@/features/shell/AppShell.vue'

/** Screens. Addresses live behind the `#`: the server's paths are its API. What nearly everybody sees first comes with the
 * page; a file of its own would only be one more to wait for. */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/login', component: () => import('@/features/auth/LoginView.vue'), meta: { open: true } },
    { path: '/register', component: () => import('@/features/auth/RegisterView.vue'), meta: { open: true } },
    {
      path: '/',
      component: AppShell,
      redirect: '/chats',
      children: [
        { path: 'chats/:chat(10|11)?/:dst?', name: 'chats', component: ChatsView },
        { path: 'contacts/:section?/:id?', name: 'contacts', component: () => import('@/features/contacts/ContactsView.vue') },
        { path: 'search', name: 'search', component: () => import('@/features/search/SearchView.vue') },
        { path: 'settings/:section?', name: 'settings', component: () => import('@/features/settings/SettingsView.vue') },
      ],
    },
    { path: '/:rest(.*)*', redirect: '/chats' },
  ],
})

const KNOWN = 'im.known'

router.beforeEach((to) => {
  const { loggedIn } = useSession()
  if (to.meta['open'] === true) {
    if (loggedIn) return '/chats'
    localStorage.setItem(KNOWN, '1')
    return true
  }
  if (loggedIn) return true
  // Who was never here is a new person, most likely.
  return localStorage.getItem(KNOWN) === null ? '/register' : '/login'
})
