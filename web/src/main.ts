import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/dark/css-vars.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/element.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { firstPicture } from './core/firstLook'
import { usePrefs } from './core/prefs'
import { keepClient } from './features/notify/pwa'
import { i18n, speak } from './i18n'
import { router } from './router'

const app = createApp(App).use(createPinia()).use(i18n).use(router)
await speak(usePrefs().language)
app.mount('#app')
// Keeping it loads all of it: not before the user sees something.
void firstPicture().then(() => keepClient(router))
