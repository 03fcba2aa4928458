// Every text of the page, in two languages. A text may be a set of plural forms, chosen by `n`.

const KEY = 'messenger.language';

const TEXTS = {
  en: {
    'app.name': 'Messenger',
    'auth.lead': 'A quiet place to talk. Your server, your people.',
    'auth.signIn': 'Sign in',
    'auth.signUp': 'Create account',
    'auth.login': 'Username or email',
    'auth.username': 'Username',
    'auth.usernameHint': '3 to 32: a–z, digits, _ and .',
    'auth.email': 'Email',
    'auth.displayName': 'Name that others see',
    'auth.password': 'Password',
    'auth.passwordHint': 'At least 8 characters',
    'auth.toSignUp': 'New here? Create an account',
    'auth.toSignIn': 'Have an account? Sign in',
    'auth.signOut': 'Sign out',
    'auth.ended': 'You are signed out.',
    'state.online': 'Online',
    'state.connecting': 'Connecting…',
    'state.offline': 'Offline',
    'state.offlineHint': 'No connection. What you write is kept and sent later.',
    'language.en': 'English',
    'language.ru': 'Русский',
    'settings.title': 'Settings',
    'settings.profile': 'Profile',
    'settings.bio': 'About you',
    'settings.save': 'Save',
    'settings.saved': 'Saved',
    'settings.look': 'Appearance',
    'settings.language': 'Language',
    'settings.theme': 'Theme',
    'settings.switchTheme': 'Light or dark',
    'settings.theme.system': 'System',
    'settings.theme.light': 'Light',
    'settings.theme.dark': 'Dark',
    'settings.password': 'Password',
    'settings.currentPassword': 'Current password',
    'settings.newPassword': 'New password',
    'settings.changePassword': 'Change password',
    'settings.passwordChanged': 'The password is changed. Your other devices are signed out.',
    'settings.sessions': 'Devices',
    'settings.thisDevice': 'this device',
    'settings.lastUsed': 'active {when} · {address}',
    'settings.unknownDevice': 'Unknown device',
    'settings.device': '{browser}, {system}',
    'settings.endSession': 'Sign out: {device}',
    'settings.endOthers': 'Sign out all other devices',
    'settings.endOthersSure': 'Sign out all devices but this one?',
    'chats.title': 'Chats',
    'chats.search': 'Search people and chats',
    'chats.new': 'New chat',
    'chats.none': 'No chats yet. Find a person by name above, or create a group.',
    'chats.found': 'People',
    'chats.nothing': 'Nothing found',
    'chats.you': 'You: {text}',
    'chats.by': '{name}: {text}',
    'chats.draft': 'Draft: {text}',
    'chats.unread': { one: '{n} unread message', other: '{n} unread messages' },
    'chats.empty': 'No messages yet',
    'chats.choose': 'Choose a chat',
    'chats.chooseHint': 'Or find a person by name and say hello.',
    'chats.loading': 'Loading…',
    'chat.back': 'Back to chats',
    'chat.members': { one: '{n} member', other: '{n} members' },
    'chat.subscribers': { one: '{n} subscriber', other: '{n} subscribers' },
    'chat.online': 'online',
    'chat.lastSeen': 'last seen {when}',
    'chat.away': 'offline',
    'chat.typing': '{names} is typing…',
    'chat.typingMany': '{names} are typing…',
    'chat.typingDirect': 'typing…',
    'chat.messages': 'Messages',
    'chat.newMessages': 'New messages',
    'chat.toEnd': 'To the newest messages',
    'chat.begin': 'This is the beginning of the chat.',
    'chat.failed': 'The chat could not be loaded.',
    'chat.retry': 'Try again',
    'message.deleted': 'Message deleted',
    'person.deleted': 'Deleted account',
    'message.edited': 'edited',
    'message.pending': 'sending',
    'message.sent': 'sent',
    'message.read': 'read',
    'message.failed': 'not sent: {why}',
    'message.retry': 'Try again',
    'message.discard': 'Discard',
    'message.actions': 'Actions for the message',
    'message.reply': 'Reply',
    'message.copy': 'Copy text',
    'message.copied': 'Copied',
    'message.edit': 'Edit',
    'message.delete': 'Delete',
    'message.deleteSure': 'Delete this message for everyone?',
    'message.react': 'React with {emoji}',
    'message.reaction': { one: '{emoji}, {n} person', other: '{emoji}, {n} people' },
    'message.quote': 'Go to the message replied to',
    'message.announced': '{name}: {text}',
    'composer.label': 'Message',
    'composer.placeholder': 'Write a message',
    'composer.send': 'Send',
    'composer.save': 'Save',
    'composer.replying': 'Reply to {name}',
    'composer.editing': 'Editing',
    'composer.cancel': 'Cancel',
    'composer.readOnly': 'Only admins post in this channel.',
    'composer.tooLong': { one: '{n} character too many', other: '{n} characters too many' },
    'new.title': 'New chat',
    'new.group': 'Group',
    'new.channel': 'Channel',
    'new.groupHint': 'All members can write.',
    'new.channelHint': 'Only admins can write.',
    'new.name': 'Title',
    'new.description': 'Description',
    'new.find': 'Find people',
    'new.remove': 'Remove {name}',
    'new.create': 'Create',
    'members.title': 'Members',
    'members.edit': 'Edit title and description',
    'members.add': 'Add people',
    'members.remove': 'Remove {name}',
    'members.leave': 'Leave the chat',
    'members.delete': 'Delete the chat',
    'members.leaveSure': 'Leave this chat?',
    'members.deleteSure': 'Delete this chat for everyone?',
    'members.you': 'you',
    'role.owner': 'owner',
    'role.admin': 'admin',
    'role.member': '',
    'role.reader': 'reader',
    'dialog.close': 'Close',
    'dialog.cancel': 'Cancel',
    'day.today': 'Today',
    'day.yesterday': 'Yesterday',
    'error.unreachable': 'The server does not answer. Try again.',
    'error.unauthenticated': 'Sign in again.',
    'error.forbidden': 'You are not allowed to do this.',
    'error.not_found': 'This no longer exists.',
    'error.conflict': 'The state has changed. Reload the page and try again.',
    'error.validation_error': 'Some of the input is not valid.',
    'error.rate_limited': 'Too many requests. Wait a moment.',
    'error.unavailable': 'The server is busy. Try again.',
    'error.internal_error': 'Something went wrong on the server.',
    'error.An account with this email already exists': 'An account with this email already exists.',
    'error.This username is taken': 'This username is taken.',
    'error.Wrong login or password': 'Wrong username or password.',
    'error.The current password is wrong': 'The current password is wrong.',
    'error.The owner must first transfer ownership of the chat': 'First make another member the owner of the chat.',
    'error.body.email': 'This does not look like an email.',
    'error.body.username': 'A username has 3 to 32 of a–z, digits, _ and .',
    'error.body.bio': 'At most 500 characters.',
    'error.body.description': 'At most 1,000 characters.',
    'error.body.password': 'A password has 8 to 256 characters, and is neither your name nor a common one.',
    'error.body.new_password': 'A password has 8 to 256 characters, and is neither your name nor a common one.',
    'error.body.display_name': 'A name has 1 to 64 characters.',
    'error.body.text': 'A message has 1 to 4,000 characters.',
    'error.body.title': 'A title has 1 to 128 characters.',
  },
  ru: {
    'app.name': 'Мессенджер',
    'auth.lead': 'Спокойное место для разговоров. Ваш сервер, ваши люди.',
    'auth.signIn': 'Войти',
    'auth.signUp': 'Создать аккаунт',
    'auth.login': 'Имя пользователя или почта',
    'auth.username': 'Имя пользователя',
    'auth.usernameHint': 'От 3 до 32: a–z, цифры, _ и .',
    'auth.email': 'Почта',
    'auth.displayName': 'Имя, которое видят другие',
    'auth.password': 'Пароль',
    'auth.passwordHint': 'Не меньше 8 символов',
    'auth.toSignUp': 'Впервые здесь? Создайте аккаунт',
    'auth.toSignIn': 'Уже есть аккаунт? Войдите',
    'auth.signOut': 'Выйти',
    'auth.ended': 'Вы вышли из аккаунта.',
    'state.online': 'На связи',
    'state.connecting': 'Соединение…',
    'state.offline': 'Нет связи',
    'state.offlineHint': 'Нет связи. Написанное сохранится и уйдёт позже.',
    'language.en': 'English',
    'language.ru': 'Русский',
    'settings.title': 'Настройки',
    'settings.profile': 'Профиль',
    'settings.bio': 'О себе',
    'settings.save': 'Сохранить',
    'settings.saved': 'Сохранено',
    'settings.look': 'Оформление',
    'settings.language': 'Язык',
    'settings.theme': 'Тема',
    'settings.switchTheme': 'Светлая или тёмная тема',
    'settings.theme.system': 'Как в системе',
    'settings.theme.light': 'Светлая',
    'settings.theme.dark': 'Тёмная',
    'settings.password': 'Пароль',
    'settings.currentPassword': 'Текущий пароль',
    'settings.newPassword': 'Новый пароль',
    'settings.changePassword': 'Сменить пароль',
    'settings.passwordChanged': 'Пароль изменён. На других устройствах выполнен выход.',
    'settings.sessions': 'Устройства',
    'settings.thisDevice': 'это устройство',
    'settings.lastUsed': 'активность: {when} · {address}',
    'settings.unknownDevice': 'Неизвестное устройство',
    'settings.device': '{browser}, {system}',
    'settings.endSession': 'Завершить сеанс: {device}',
    'settings.endOthers': 'Выйти на всех других устройствах',
    'settings.endOthersSure': 'Выйти на всех устройствах, кроме этого?',
    'chats.title': 'Чаты',
    'chats.search': 'Поиск людей и чатов',
    'chats.new': 'Новый чат',
    'chats.none': 'Чатов пока нет. Найдите человека по имени или создайте группу.',
    'chats.found': 'Люди',
    'chats.nothing': 'Ничего не нашлось',
    'chats.you': 'Вы: {text}',
    'chats.by': '{name}: {text}',
    'chats.draft': 'Черновик: {text}',
    'chats.unread': { one: '{n} непрочитанное сообщение', few: '{n} непрочитанных сообщения', many: '{n} непрочитанных сообщений', other: '{n} непрочитанных сообщений' },
    'chats.empty': 'Сообщений пока нет',
    'chats.choose': 'Выберите чат',
    'chats.chooseHint': 'Или найдите человека по имени и поздоровайтесь.',
    'chats.loading': 'Загрузка…',
    'chat.back': 'Назад к чатам',
    'chat.members': { one: '{n} участник', few: '{n} участника', many: '{n} участников', other: '{n} участников' },
    'chat.subscribers': { one: '{n} подписчик', few: '{n} подписчика', many: '{n} подписчиков', other: '{n} подписчиков' },
    'chat.online': 'в сети',
    'chat.lastSeen': 'был(а) {when}',
    'chat.away': 'не в сети',
    'chat.typing': '{names} печатает…',
    'chat.typingMany': '{names} печатают…',
    'chat.typingDirect': 'печатает…',
    'chat.messages': 'Сообщения',
    'chat.newMessages': 'Новые сообщения',
    'chat.toEnd': 'К новым сообщениям',
    'chat.begin': 'Это начало чата.',
    'chat.failed': 'Не удалось загрузить чат.',
    'chat.retry': 'Ещё раз',
    'message.deleted': 'Сообщение удалено',
    'person.deleted': 'Удалённый аккаунт',
    'message.edited': 'изменено',
    'message.pending': 'отправляется',
    'message.sent': 'отправлено',
    'message.read': 'прочитано',
    'message.failed': 'не отправлено: {why}',
    'message.retry': 'Ещё раз',
    'message.discard': 'Убрать',
    'message.actions': 'Действия с сообщением',
    'message.reply': 'Ответить',
    'message.copy': 'Скопировать',
    'message.copied': 'Скопировано',
    'message.edit': 'Изменить',
    'message.delete': 'Удалить',
    'message.deleteSure': 'Удалить это сообщение у всех?',
    'message.react': 'Поставить {emoji}',
    'message.reaction': { one: '{emoji}, {n} человек', few: '{emoji}, {n} человека', many: '{emoji}, {n} человек', other: '{emoji}, {n} человек' },
    'message.quote': 'К сообщению, на которое ответили',
    'message.announced': '{name}: {text}',
    'composer.label': 'Сообщение',
    'composer.placeholder': 'Напишите сообщение',
    'composer.send': 'Отправить',
    'composer.save': 'Сохранить',
    'composer.replying': 'Ответ: {name}',
    'composer.editing': 'Изменение',
    'composer.cancel': 'Отмена',
    'composer.readOnly': 'В этом канале пишут только администраторы.',
    'composer.tooLong': { one: 'на {n} символ больше, чем можно', few: 'на {n} символа больше, чем можно', many: 'на {n} символов больше, чем можно', other: 'на {n} символов больше, чем можно' },
    'new.title': 'Новый чат',
    'new.group': 'Группа',
    'new.channel': 'Канал',
    'new.groupHint': 'Писать могут все участники.',
    'new.channelHint': 'Писать могут только администраторы.',
    'new.name': 'Название',
    'new.description': 'Описание',
    'new.find': 'Найти людей',
    'new.remove': 'Убрать: {name}',
    'new.create': 'Создать',
    'members.title': 'Участники',
    'members.edit': 'Изменить название и описание',
    'members.add': 'Добавить людей',
    'members.remove': 'Исключить: {name}',
    'members.leave': 'Выйти из чата',
    'members.delete': 'Удалить чат',
    'members.leaveSure': 'Выйти из этого чата?',
    'members.deleteSure': 'Удалить этот чат у всех?',
    'members.you': 'вы',
    'role.owner': 'владелец',
    'role.admin': 'администратор',
    'role.member': '',
    'role.reader': 'читатель',
    'dialog.close': 'Закрыть',
    'dialog.cancel': 'Отмена',
    'day.today': 'Сегодня',
    'day.yesterday': 'Вчера',
    'error.unreachable': 'Сервер не отвечает. Попробуйте ещё раз.',
    'error.unauthenticated': 'Войдите ещё раз.',
    'error.forbidden': 'На это нет прав.',
    'error.not_found': 'Этого больше нет.',
    'error.conflict': 'Состояние изменилось. Обновите страницу и попробуйте ещё раз.',
    'error.validation_error': 'Часть данных введена неверно.',
    'error.rate_limited': 'Слишком много запросов. Подождите немного.',
    'error.unavailable': 'Сервер занят. Попробуйте ещё раз.',
    'error.internal_error': 'На сервере что-то пошло не так.',
    'error.An account with this email already exists': 'С этой почтой аккаунт уже есть.',
    'error.This username is taken': 'Это имя пользователя занято.',
    'error.Wrong login or password': 'Неверное имя или пароль.',
    'error.The current password is wrong': 'Текущий пароль введён неверно.',
    'error.The owner must first transfer ownership of the chat': 'Сначала передайте чат другому владельцу.',
    'error.body.email': 'Это не похоже на адрес почты.',
    'error.body.username': 'В имени пользователя от 3 до 32 символов: a–z, цифры, _ и .',
    'error.body.bio': 'Не больше 500 символов.',
    'error.body.description': 'Не больше 1000 символов.',
    'error.body.password': 'В пароле от 8 до 256 символов, и это не ваше имя и не распространённый пароль.',
    'error.body.new_password': 'В пароле от 8 до 256 символов, и это не ваше имя и не распространённый пароль.',
    'error.body.display_name': 'В имени от 1 до 64 символов.',
    'error.body.text': 'В сообщении от 1 до 4000 символов.',
    'error.body.title': 'В названии от 1 до 128 символов.',
  },
};

let language = chosen();

function chosen() {
  const wanted = [localStorage.getItem(KEY), ...navigator.languages].find((name) => name && name.slice(0, 2).toLowerCase() in TEXTS);
  return wanted ? wanted.slice(0, 2).toLowerCase() : 'en';
}

/** The reader's own way of the language, as en-GB: it decides how times are written. */
const locale = () => navigator.languages.find((name) => name.startsWith(language)) ?? language;

export const currentLanguage = () => language;

export const languages = Object.keys(TEXTS);

export const otherLanguage = () => languages.find((name) => name !== language);

export function chooseLanguage(name) {
  language = name;
  localStorage.setItem(KEY, language);
}

/** The text of a key, with its {places} filled in. */
export function t(key, places = {}) {
  let text = TEXTS[language][key];
  if (text === undefined) throw new Error(`no text for ${key}`);
  if (typeof text === 'object') text = text[new Intl.PluralRules(language).select(places.n)] ?? text.other;
  return text.replace(/\{(\w+)\}/g, (_, place) => (typeof places[place] === 'number' ? places[place].toLocaleString(language) : places[place]));
}

/** What a person is told of an error: the words for its field, its title or its code. */
export function explain(error) {
  const problem = error.body ?? (error.code ? error : {});
  const field = problem.errors?.[0]?.loc?.join('.');
  const keys = [`error.${field}`, `error.${problem.title}`, `error.${problem.code}`];
  return t(keys.find((key) => key in TEXTS[language]) ?? (problem.code ? 'error.internal_error' : 'error.unreachable'));
}

const FIELDS = {
  'Wrong login or password': 'password',
  'The current password is wrong': 'current_password',
  'An account with this email already exists': 'email',
  'This username is taken': 'username',
};

/** The name of the form field that an error is about, if it is about one. */
export function fieldOf(error) {
  return error.body?.errors?.[0]?.loc?.at(-1) ?? FIELDS[error.body?.title];
}

/** Making a format takes longer than using it a hundred times. */
function format(options) {
  const made = new Map();
  return (date) => {
    if (!made.has(language)) made.set(language, new Intl.DateTimeFormat(locale(), options));
    return made.get(language).format(date);
  };
}
export const time = format({ timeStyle: 'short' });
export const fullTime = format({ dateStyle: 'long', timeStyle: 'short' });
const weekday = format({ weekday: 'short' });
const dayAndMonth = format({ day: 'numeric', month: 'long' });
const shortDate = format({ day: '2-digit', month: '2-digit', year: '2-digit' });
const fullDate = format({ day: 'numeric', month: 'long', year: 'numeric' });

const daysAgo = (date) => Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86_400_000);

/** A day, as a divider says it. */
export function day(date) {
  const ago = daysAgo(date);
  if (ago === 0) return t('day.today');
  if (ago === 1) return t('day.yesterday');
  return (date.getFullYear() === new Date().getFullYear() ? dayAndMonth : fullDate)(date);
}

/** A moment in as few letters as will do. */
export function shortMoment(date) {
  const ago = daysAgo(date);
  return (ago <= 0 ? time : ago < 7 ? weekday : shortDate)(date);
}
