// i18n.js: the two languages of the page, and how they write times.

const TEXTS = {
  en: {
    title: 'IM',
    tagline: 'Talk with friends and groups.',
    logIn: 'Log in',
    register: 'Register',
    toRegister: 'New here? Register',
    toLogIn: 'Have an account? Log in',
    email: 'Email',
    password: 'Password',
    passwordHint: '6 to 16 letters and digits, with at least one of each.',
    name: 'Name',
    avatarUrl: 'Picture URL',
    avatarHint: 'http(s) or a path on this server. Empty: initials.',
    expired: 'Please log in again.',
    switchLanguage: '中文',
    profile: 'Profile',
    logOut: 'Log out',
    save: 'Save',
    cancel: 'Cancel',
    saved: 'Saved.',
    chats: 'Chats',
    search: 'Search',
    searchHint: 'Search people and groups',
    clear: 'Clear',
    friends: 'Friends',
    groups: 'Groups',
    people: 'People',
    openGroups: 'Groups to join',
    noFriends: 'No friends yet. Search for a name or an email above.',
    noGroups: 'No groups yet.',
    nothingFound: 'Nothing found.',
    searching: 'Searching…',
    add: 'Add',
    join: 'Join',
    open: 'Open',
    you: 'You',
    newGroup: 'New group',
    groupName: 'Group name',
    groupIcon: 'Picture URL (optional)',
    groupMemo: 'About (optional)',
    create: 'Create',
    online: 'Online',
    offline: 'Offline',
    groupNumber: 'Group {id}',
    unread: '{count} unread',
    back: 'Back to the list',
    messages: 'Messages with {name}',
    message: 'Message',
    messageHint: 'Write a message',
    send: 'Send',
    emoji: 'Emoji',
    sendImage: 'Picture',
    sendVideo: 'Video',
    imageUrl: 'Address of the picture',
    videoUrl: 'Address of the video',
    imageOf: 'Picture from {name}',
    videoOf: 'Video from {name}',
    image: '[picture]',
    video: '[video]',
    badUrl: 'That is no http(s) address.',
    tooLong: 'That is too long: a message holds up to 64 KiB.',
    earlier: 'Earlier messages',
    loading: 'Loading…',
    noMessages: 'Nothing here yet. Say hello.',
    pickChat: 'Pick a chat to begin.',
    sending: 'Sending…',
    notSent: 'Not sent',
    retry: 'Retry',
    discard: 'Discard',
    recalled: 'Message recalled',
    connecting: 'Connecting…',
    disconnected: 'Disconnected. Trying again…',
    nowFriends: 'You and {name} are friends now.',
    someoneJoined: '{name} joined {group}.',
    today: 'Today',
    yesterday: 'Yesterday',
    failed: 'That did not work. Please try again.',
    tooMany: 'Too many tries. Please wait a moment.',
    unreachable: 'The server cannot be reached.',
  },
  zh: {
    title: 'IM',
    tagline: '和朋友、群组聊天。',
    logIn: '登录',
    register: '注册',
    toRegister: '还没有账号？注册',
    toLogIn: '已有账号？登录',
    email: '邮箱',
    password: '密码',
    passwordHint: '6 到 16 位，要同时有字母和数字。',
    name: '名字',
    avatarUrl: '头像地址',
    avatarHint: 'http(s) 地址或本服务器上的路径；留空则显示名字。',
    expired: '请重新登录。',
    switchLanguage: 'English',
    profile: '个人资料',
    logOut: '退出登录',
    save: '保存',
    cancel: '取消',
    saved: '已保存。',
    chats: '聊天',
    search: '搜索',
    searchHint: '搜索用户和群组',
    clear: '清除',
    friends: '好友',
    groups: '群组',
    people: '用户',
    openGroups: '可加入的群组',
    noFriends: '还没有好友。在上面搜索名字或邮箱。',
    noGroups: '还没有群组。',
    nothingFound: '没有找到。',
    searching: '正在搜索…',
    add: '添加',
    join: '加入',
    open: '打开',
    you: '自己',
    newGroup: '新建群组',
    groupName: '群名称',
    groupIcon: '群头像地址（可不填）',
    groupMemo: '群简介（可不填）',
    create: '创建',
    online: '在线',
    offline: '离线',
    groupNumber: '群号 {id}',
    unread: '{count} 条未读',
    back: '返回列表',
    messages: '与 {name} 的消息',
    message: '消息',
    messageHint: '输入消息',
    send: '发送',
    emoji: '表情',
    sendImage: '图片',
    sendVideo: '视频',
    imageUrl: '图片地址',
    videoUrl: '视频地址',
    imageOf: '{name} 发的图片',
    videoOf: '{name} 发的视频',
    image: '[图片]',
    video: '[视频]',
    badUrl: '这不是 http(s) 地址。',
    tooLong: '太长了：一条消息最多 64 KiB。',
    earlier: '更早的消息',
    loading: '正在加载…',
    noMessages: '还没有消息，打个招呼吧。',
    pickChat: '选择一个聊天开始。',
    sending: '正在发送…',
    notSent: '未发送',
    retry: '重试',
    discard: '放弃',
    recalled: '消息已撤回',
    connecting: '正在连接…',
    disconnected: '连接已断开，正在重试…',
    nowFriends: '你和 {name} 已成为好友。',
    someoneJoined: '{name} 加入了 {group}。',
    today: '今天',
    yesterday: '昨天',
    failed: '没有成功，请再试一次。',
    tooMany: '尝试太多次了，请稍候再试。',
    unreachable: '无法连接服务器。',
  },
};

// The server's errors are Chinese; this is what they mean.
const ERRORS_EN = {
  Email或Password不能为空: 'Email and password, please.',
  用户不存在: 'There is no such user.',
  密码错误: 'Wrong password.',
  Email格式不合法: 'That is not an email address.',
  'Password格式不正确（密码由数字和字母组成，并且要同时含有数字和字母，且长度要在6-16位之间）':
    'A password is 6 to 16 letters and digits, with at least one of each.',
  Email已被注册: 'That email is taken.',
  请输入完整的用户名和头像: 'Name and picture, please.',
  '笨蛋！不能添加自己为好友啊': 'That is you.',
  '笨蛋！你们已经是好友了': 'You are in contact already.',
  添加的用户不存在: 'There is no such user.',
  添加的群不存在: 'There is no such group.',
  没有权限: 'You may not do that.',
  '群名称、图标或简介不合法': 'The name, picture or description is not acceptable.',
};

let language = 'en';

export function languageStart() {
  const kept = localStorage.getItem('im.language');
  languageSet(kept === 'zh' || kept === 'en' ? kept : navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en');
}

export function languageSwitch() {
  languageSet(language === 'zh' ? 'en' : 'zh');
  localStorage.setItem('im.language', language);
}

function languageSet(value) {
  language = value;
  document.documentElement.lang = value === 'zh' ? 'zh-CN' : 'en';
}

export function t(key, values = {}) {
  return TEXTS[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function errorText(error) {
  if (error.status === 429) return t('tooMany');
  if (error.status === 0) return t('unreachable');
  if (!error.reason) return t('failed');
  return language === 'en' ? (ERRORS_EN[error.reason] ?? error.reason) : error.reason;
}

export function timeOfDay(ms) {
  return new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(ms);
}

export function dayOf(ms) {
  const days = Math.round((startOfDay(Date.now()) - startOfDay(ms)) / 86400000);
  if (days === 0) return t('today');
  if (days === 1) return t('yesterday');
  const year = new Date(ms).getFullYear() === new Date().getFullYear() ? undefined : 'numeric';
  return new Intl.DateTimeFormat(locale(), { year, month: 'long', day: 'numeric' }).format(ms);
}

// As short as a list has room for.
export function timeInList(ms) {
  if (startOfDay(ms) === startOfDay(Date.now())) return timeOfDay(ms);
  return new Intl.DateTimeFormat(locale(), { month: 'numeric', day: 'numeric' }).format(ms);
}

export function startOfDay(ms) {
  return new Date(ms).setHours(0, 0, 0, 0);
}

function locale() {
  return document.documentElement.lang;
}
