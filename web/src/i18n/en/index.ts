import auth from './auth'
import chat from './chat'
import common from './common'
import composer from './composer'
import contacts from './contacts'
import conversations from './conversations'
import errors from './errors'
import groups from './groups'
import media from './media'
import notify from './notify'
import search from './search'
import settings from './settings'

export default { auth, chat, common, composer, contacts, conversations, errors, groups, media, notify, search, settings }
