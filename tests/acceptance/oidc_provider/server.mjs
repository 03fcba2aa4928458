// A provider for tests: `node server.mjs PORT REDIRECT_URI`. It believes every login. `/disable/LOGIN` disables an account.
import { Provider } from 'oidc-provider';

const [port, redirectUri] = process.argv.slice(2);
const disabled = new Set();
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: 'messenger', client_secret: 's3cret of the messenger', redirect_uris: [redirectUri], grant_types: ['authorization_code', 'refresh_token'] }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username'] },
  scopes: ['openid', 'offline_access'],
  findAccount: (context, id) => (disabled.has(id) ? undefined : { accountId: id, claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: true, name: `Имя ${id}`, preferred_username: id }) }),
  issueRefreshToken: async (context, client) => client.grantTypeAllowed('refresh_token'),
  pkce: { required: () => true },
});
provider.use(async (context, next) => {
  if (context.path.startsWith('/disable/')) {
    disabled.add(context.path.slice('/disable/'.length));
    context.status = 204;
    return;
  }
  await next();
});
provider.listen(Number(port), '127.0.0.1');
