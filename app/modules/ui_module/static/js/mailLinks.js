// Links of mails: `#confirm?token=...` and `#reset?token=...`.

const LINK = /^#(confirm|reset)\?token=([\w-]+)$/;

/**
 * Returns the purpose and the token of the link that opened the page, or null. The token leaves the address: it must not
 * stay in the history of a shared computer.
 */
export function takeMailLink() {
  const found = LINK.exec(location.hash);
  if (!found) return null;
  history.replaceState(null, '', location.pathname);
  return { purpose: found[1], token: found[2] };
}
