// Signing in by another provider: the browser goes there and comes back to this page with a one-time code.

import { apiAddress, has, renewSession, session, signInWithProvider } from './api.js';
import { ofTab } from './storage.js';

const KEY = 'messenger.provider';
const LINK_KEY = 'messenger.link';

/** True if this page can prove to the server that it has begun a sign-in: browsers hash over https and on localhost only. */
export const canUseProviders = () => has('oidc') && crypto.subtle !== undefined;

/**
 * Leaves the page for the provider. `purpose` is what happens afterwards: `signIn`, or `link` to the account with the id
 * `accountId`.
 */
export async function goToProvider(id, purpose, accountId = null) {
  const verifier = random();
  const state = random();
  const challenge = base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)));
  store(KEY, { verifier, state, purpose, accountId });
  const asked = new URLSearchParams({ redirect: location.pathname, code_challenge: challenge, state });
  location.assign(apiAddress(`/auth/oidc/${id}/start?${asked}`));
}

/**
 * Returns what the provider has sent the browser back with, or null. The code leaves the address: it must not stay in
 * the history.
 */
export function takeReturn() {
  const answer = new URLSearchParams(location.search);
  if (!answer.has('state') || !(answer.has('code') || answer.has('error'))) return null;
  history.replaceState(null, '', location.pathname);
  const begun = take(KEY);
  // It was begun in another tab, or by another page.
  if (begun?.state !== answer.get('state')) return { error: 'unknown' };
  const { purpose, accountId, verifier } = begun;
  return { purpose, accountId, verifier, code: answer.get('code'), error: answer.get('error') };
}

/** Signs in with what the provider has sent, in place of a session that is open. Throws Problem or Unreachable. */
export async function signInWithReturn(returned) {
  const open = () => signInWithProvider(returned);
  await (session.isOpen ? renewSession(open) : open());
}

/** Keeps what the provider has sent until the user is signed in, to link it then. */
export const keepLink = ({ code, verifier, accountId }) => store(LINK_KEY, { code, verifier, accountId });

export const takeLink = () => take(LINK_KEY);

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

const store = (key, value) => ofTab.write(key, JSON.stringify(value));

function take(key) {
  const text = ofTab.read(key);
  ofTab.remove(key);
  return text && JSON.parse(text);
}
