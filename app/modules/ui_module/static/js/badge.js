// The number on the icon of the installed page.

/** Shows how many chats have unread messages, as pushes do. Without the permission for notifications an iPhone refuses. */
export const showBadge = (n) => navigator.setAppBadge?.(n).catch(() => {});
